import EventPersistence

/// `retired.json`: what was let go of on purpose, so that nobody expects it. Events through there are not
/// stored again; to have them back, remove the file and rewind.
struct Retired: JSONNote {
  static let fileName = "retired.json"

  /// The last segment that went.
  var segment: String
  /// The last event that went.
  var through: Position
  var segments: Int
  /// Of files.
  var bytes: Int
}

/// What `retain` lets go of: the oldest segments, whole, while they are too many or too old.
struct Retirement {
  private let retention: FileSink.Retention?
  /// What was let go of.
  private(set) var retired: Retired?
  /// The oldest segment, and the time of its last event.
  private var oldest: (name: SegmentName, time: EventTime)?

  /// Finishes what a crash interrupted: what is noted and still there goes.
  init(_ retention: FileSink.Retention?, of segments: SegmentFolder) throws(SinkError) {
    self.retention = retention
    retired = try Retired.read(segments.path)
    guard let limit = retired.flatMap({ SegmentName($0.segment) }) else { return }
    while let first = segments.list.first, first.name <= limit { try segments.remove(first.name) }
  }

  /// Whether the events of a batch were let go of already.
  func covers(_ name: SegmentName, _ batch: EventBatch) -> Bool {
    guard let retired, let limit = SegmentName(retired.segment) else { return false }
    return name <= limit || batch.last.eventId < retired.through.eventId
  }

  /// Lets go of the segments that are due, and says so. The last one stays.
  mutating func apply(to segments: SegmentFolder, at now: EventTime) throws(SinkError) {
    guard let retention, segments.list.count > 1 else { return }
    let before = retired
    defer { tell(before, retention, in: segments) }
    while segments.list.count > 1, let first = segments.list.first,
      try isDue(first, retention, in: segments, at: now)
    {
      let through = try segments.load(first.name).lastPosition
      let next = Retired(
        segment: first.name.text, through: through ?? Position(eventId: first.name.firstId),
        segments: (retired?.segments ?? 0) + 1, bytes: (retired?.bytes ?? 0) + first.byteCount)
      // It is noted first: what is noted and still there goes when the archive is opened.
      retired = next
      try next.write(segments.path)
      try segments.remove(first.name)
      oldest = nil
    }
  }

  private mutating func isDue(
    _ first: SegmentList.Entry, _ retention: FileSink.Retention, in segments: SegmentFolder,
    at now: EventTime
  ) throws(SinkError) -> Bool {
    if let most = retention.bytes, segments.list.byteCount > most { return true }
    guard let age = retention.age else { return false }
    let time: EventTime
    if let oldest, oldest.name == first.name {
      time = oldest.time
    } else if let last = try segments.load(first.name).lastPosition?.time {
      time = last
    } else {
      // Where events have no time, the file's own counts.
      time = try File(segments.file(first.name)).lastChange()
    }
    oldest = (first.name, time)
    return now.seconds(since: time) > age / .seconds(1)
  }

  private func tell(
    _ before: Retired?, _ retention: FileSink.Retention, in folder: SegmentFolder
  ) {
    guard let retired, retired.segments > before?.segments ?? 0 else { return }
    let segments = retired.segments - (before?.segments ?? 0)
    let limits = [
      retention.age.map { "older than \(Int64($0 / .seconds(1))) s" },
      retention.bytes.map { "more than \($0) bytes in all" },
    ].compactMap(\.self)
    folder.notes.append(
      "retain: let go of \(segments) \(segments == 1 ? "segment" : "segments"), "
        + "\(retired.bytes - (before?.bytes ?? 0)) bytes, through the event \(retired.through) "
        + "(\(limits.joined(separator: ", or ")))")
  }
}
