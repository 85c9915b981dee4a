import EventPersistence

/// `retired.json`: what `retain` removed, so that no reader expects it. These events are not stored
/// again; to have them back, remove the file and rewind.
struct Retired: JSONNote {
  static let fileName = "retired.json"

  /// The last removed segment.
  var segment: String
  /// The last removed event.
  var through: Position
  @Bounded var segments: Int
  /// The size of the removed files.
  @Bounded var bytes: Int
}

/// Carries out `retain`: removes the oldest segments, whole, while they are too many or too old.
struct Retirement {
  private let retention: FileSink.Retention?
  /// What was removed.
  private(set) var retired: Retired?
  /// The oldest segment, and the time of its last event.
  private var oldest: (name: SegmentName, time: EventTime)?

  /// Finishes what a crash interrupted: removes segments that are noted as removed but still exist.
  init(_ retention: FileSink.Retention?, of segments: SegmentFolder) throws(SinkError) {
    self.retention = retention
    retired = try Retired.read(segments.path)
    guard let limit = retired.flatMap({ SegmentName($0.segment) }) else { return }
    while let first = segments.list.first, first.name <= limit { try segments.remove(first.name) }
  }

  /// Whether the events of a batch were removed before.
  func covers(_ name: SegmentName, _ batch: EventBatch) -> Bool {
    guard let retired, let limit = SegmentName(retired.segment) else { return false }
    return name <= limit || batch.last.eventId < retired.through.eventId
  }

  /// Removes the segments that are due, and reports it. The last one stays.
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
      // Noted first: segments that are noted but still exist are removed when the archive is
      // opened.
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
      // If events have no time, the file's own counts.
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
      "retain: removed \(segments) \(segments == 1 ? "segment" : "segments"), "
        + "\(retired.bytes - (before?.bytes ?? 0)) bytes, through the event \(retired.through) "
        + "(\(limits.joined(separator: ", or ")))")
  }
}
