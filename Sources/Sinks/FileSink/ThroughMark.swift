import EventPersistence

/// How far events were looked at after the last that was stored, because none of them was selected. Without
/// it they would be read again at each start.
struct ThroughMark {
  /// `through.json`. It counts only while the archive still ends with the event that it names.
  private struct Note: JSONNote {
    static let fileName = "through.json"

    var through: Position
    var last: Position?
  }

  private let path: String
  private var note: Note?
  /// How many events were looked at since the note was written.
  private var unwritten = 0

  /// How many events may be looked at again.
  private static let unwrittenMax = 10_000

  /// - Parameters:
  ///   - path: of the archive.
  ///   - last: the last event that it holds.
  init(_ path: String, last: Position?) {
    self.path = path
    // Where it is unreadable, the events that it would spare us are looked at again.
    note = ((try? Note.read(path)) ?? nil).flatMap { $0.last == last ? $0 : nil }
  }

  /// Nil where no event was looked at after the last that is held.
  var position: Position? { note?.through }

  /// Takes note that the events of `batch` were looked at.
  ///
  /// - Parameter last: the last event held, now.
  mutating func note(_ batch: EventBatch, last: Position?) throws(SinkError) {
    if let last, last.agrees(with: batch.last) {
      guard note != nil else { return }
      note = nil
      return try Note.remove(path)
    }
    // Only where it goes on: a replay of what lies before says nothing of the end.
    if let known = position ?? last, known.eventId >= batch.last.eventId { return }
    note = Note(through: batch.last, last: last)
    unwritten += batch.spanCount
    if unwritten >= Self.unwrittenMax { try write() }
  }

  private mutating func write() throws(SinkError) {
    try note?.write(path)
    unwritten = 0
  }

  /// Before the archive is closed. Where it cannot be written, some events are looked at again: no harm done.
  mutating func finish() {
    if unwritten > 0 { try? write() }
  }

  static func remove(_ path: String) throws(SinkError) { try Note.remove(path) }
}
