import EventPersistence

/// How far events were read after the last stored one without any being selected. Without this mark
/// they would be read again at each start.
struct ThroughMark {
  /// `through.json`. It counts only while the archive still ends with the event that it names.
  private struct Note: JSONNote {
    static let fileName = "through.json"

    var through: Position
    var last: Position?
  }

  private let path: String
  private var note: Note?
  /// How many events were read since the note was written.
  private var unwritten = 0

  /// The most events that may be read again.
  private static let unwrittenMax = 10_000

  /// - Parameters:
  ///   - path: of the archive.
  ///   - last: the last event that it holds.
  init(_ path: String, last: Position?) {
    self.path = path
    // If it is unreadable, some events are read again.
    note = ((try? Note.read(path)) ?? nil).flatMap { $0.last == last ? $0 : nil }
  }

  /// Nil if no event was read after the last one held.
  var position: Position? { note?.through }

  /// Notes that the events of `batch` were read.
  ///
  /// - Parameter last: the last event held, now.
  mutating func note(_ batch: EventBatch, last: Position?) throws(SinkError) {
    if let last, last.agrees(with: batch.last) {
      guard note != nil else { return }
      note = nil
      return try Note.remove(path)
    }
    // Only forward: a replay of earlier events says nothing about the end.
    if let known = position ?? last, known.eventId >= batch.last.eventId { return }
    note = Note(through: batch.last, last: last)
    unwritten += batch.spanCount
    if unwritten >= Self.unwrittenMax { try write() }
  }

  private mutating func write() throws(SinkError) {
    try note?.write(path)
    unwritten = 0
  }

  /// Called before the archive is closed. If the note cannot be written, some events are read
  /// again, which does no harm.
  mutating func finish() {
    if unwritten > 0 { try? write() }
  }

  static func remove(_ path: String) throws(SinkError) { try Note.remove(path) }
}
