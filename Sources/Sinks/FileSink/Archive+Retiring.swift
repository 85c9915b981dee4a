import EventPersistence
import Foundation

/// `retired.json`: what was let go of on purpose, so that nobody expects it. Events through there are not
/// stored again; to have them back, remove the file and rewind.
struct Retired: Codable {
  /// The last segment that went.
  var segment: String
  /// The last event that went.
  var through: Position
  var segments: Int
  /// Of files.
  var bytes: Int

  private static func file(_ path: String) -> String { "\(path)/retired.json" }

  static func read(_ path: String) throws(SinkError) -> Retired? { try JSONNote.read(file(path)) }

  func write(_ path: String) throws(SinkError) { try JSONNote.write(self, Self.file(path)) }
}

/// `origin.json`: which of the events held are not as the node stored them.
struct Origin: Codable, Equatable {
  /// From this id on, JSON was made out of another form (a CBOR row).
  var derivedFrom: UInt64?
  /// Through this id, lines had no id in the log, and were wrapped with it.
  var bareThrough: UInt64?

  private static func file(_ path: String) -> String { "\(path)/origin.json" }

  static func read(_ path: String) throws(SinkError) -> Origin {
    try JSONNote.read(file(path)) ?? Origin()
  }

  func write(_ path: String) throws(SinkError) { try JSONNote.write(self, Self.file(path)) }

  /// The same with what is to be known of these events.
  func noting(_ entries: ArraySlice<EventBatch.Entry>) -> Origin {
    var noted = self
    if let derived = entries.first(where: \.isDerived)?.position.eventId {
      noted.derivedFrom = min(derivedFrom ?? derived, derived)
    }
    if let bare = entries.last(where: \.isWrapped)?.position.eventId {
      noted.bareThrough = max(bareThrough ?? bare, bare)
    }
    return noted
  }
}

/// A small JSON file beside the segments.
enum JSONNote {
  static func read<Note: Decodable>(_ file: String) throws(SinkError) -> Note? {
    guard Folder.exists(file) else { return nil }
    do {
      return try JSONDecoder().decode(
        Note.self, from: Data(contentsOf: URL(fileURLWithPath: file)))
    } catch {
      throw SinkError(
        .stop, code: "nonsense",
        "\(file) cannot be read: \(error). It was damaged or is not ours: put back the right one.")
    }
  }

  static func write(_ note: some Encodable, _ file: String) throws(SinkError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Numbers, names and positions: there is nothing in it that cannot be encoded.
    try (try! encoder.encode(note) + [0x0A]).replace(file)
  }
}

extension Archive {
  /// Whether the events of a batch were let go of already.
  func isRetired(_ name: SegmentName, _ batch: EventBatch) -> Bool {
    guard let retired, let limit = SegmentName(retired.segment) else { return false }
    return name <= limit || batch.last.eventId < retired.through.eventId
  }

  /// Lets go of the oldest segments, whole, while they are too many or too old. The last one stays.
  func retire() throws(SinkError) {
    guard let retention = options.retain, names.count > 1 else { return }
    let before = retired
    defer { noteRetired(since: before, retention) }
    while names.count > 1, let oldest = names.first, try isDue(oldest, retention) {
      let through = try lastEvent(of: oldest)
      let size = sizes[oldest] ?? 0
      retired = Retired(
        segment: oldest.text, through: through ?? Position(eventId: oldest.firstId),
        segments: (retired?.segments ?? 0) + 1, bytes: (retired?.bytes ?? 0) + size)
      // It is noted first: what is noted and still there goes when the archive is opened.
      try retired!.write(path)
      try remove(oldest)
      oldestTime = nil
    }
  }

  private func noteRetired(since before: Retired?, _ retention: FileSink.Retention) {
    guard let retired, retired.segments > before?.segments ?? 0 else { return }
    let segments = retired.segments - (before?.segments ?? 0)
    let limits = [
      retention.age.map { "older than \(Int64($0 / .seconds(1))) s" },
      retention.bytes.map { "more than \($0) bytes in all" },
    ].compactMap(\.self)
    notes.append(
      "retain: let go of \(segments) \(segments == 1 ? "segment" : "segments"), "
        + "\(retired.bytes - (before?.bytes ?? 0)) bytes, through the event \(retired.through) "
        + "(\(limits.joined(separator: ", or ")))")
  }

  private func isDue(_ name: SegmentName, _ retention: FileSink.Retention) throws(SinkError) -> Bool
  {
    if let most = retention.bytes, byteCount > most { return true }
    guard let age = retention.age else { return false }
    if oldestTime?.name != name {
      // Where events have no time, the file's own counts.
      let written = EventTime(
        seconds: Int64(try File(file(name), O_RDONLY).status().st_mtim.tv_sec))
      oldestTime = (name, try lastEvent(of: name)?.time ?? written)
    }
    return now().seconds(since: oldestTime!.time) > age / .seconds(1)
  }

  private func lastEvent(of name: SegmentName) throws(SinkError) -> Position? {
    try Segment(name, path: file(name)).positions.last { $0 != nil } ?? nil
  }

  /// What was noted and is still there, because a crash came between.
  func finishRetiring() throws(SinkError) {
    guard let retired, let limit = SegmentName(retired.segment) else { return }
    while let name = names.first, name <= limit { try remove(name) }
  }

  private func remove(_ name: SegmentName) throws(SinkError) {
    try Folder.remove(file(name))
    try Folder.sync(events)
    forget(name)
  }
}
