import EventPersistence
import Synchronization

/// The times of each segment, as far as its events were read from the first one on.
///
/// A node's clock can be set back, and only reading every event shows where. So the first search
/// for a time reads the events before it; drivers read them anyway, and `PrimaryRecord` keeps what
/// they found.
final class LogTimes: Sendable {
  struct FileTimes: Sendable, Hashable {
    var course = TimeCourse()
    /// The end of the events that `course` covers.
    var cursor = SegmentCursor.start
  }

  private let files = Mutex<[FileIdentity: FileTimes]>([:])

  func times(of file: FileIdentity) -> FileTimes { files.withLock { $0[file] ?? FileTimes() } }

  /// Adds the events of a read, if it began where the known ones end.
  func note(_ read: SegmentRead, from cursor: SegmentCursor, in file: FileIdentity) {
    files.withLock { files in
      var times = files[file] ?? FileTimes()
      guard times.cursor.isSamePlace(as: cursor) else { return }
      for entry in read.batch?.entries ?? [] { times.course.add(entry.position) }
      times.cursor = read.cursor
      files[file] = times
    }
  }

  /// Continues after events that cannot be read.
  func passOver(to cursor: SegmentCursor, in file: FileIdentity) {
    files.withLock {
      $0[file, default: FileTimes()].cursor = cursor
      $0[file]?.course.hasHole = true
    }
  }

  /// Forgets files that are gone.
  func keep(_ there: Set<FileIdentity>) {
    files.withLock { files in files = files.filter { there.contains($0.key) } }
  }

  func forget(_ file: FileIdentity) { files.withLock { $0[file] = nil } }

  func restore(_ times: FileTimes, of file: FileIdentity) {
    files.withLock { files in
      if (files[file] ?? FileTimes()).cursor.place < times.cursor.place { files[file] = times }
    }
  }
}

extension LogTimes.FileTimes: Codable {
  private enum Key: String, CodingKey { case place, previous, trail, course }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    cursor.place = try container.decode(UInt64.self, forKey: .place)
    cursor.previous = try container.decodeIfPresent(Position.self, forKey: .previous)
    cursor.trail = try container.decode([UInt8].self, forKey: .trail)
    course = try container.decode(TimeCourse.self, forKey: .course)
    guard cursor.trail.count <= cursor.place else {
      throw DecodingError.dataCorruptedError(
        forKey: .trail, in: container, debugDescription: "expected at most as many bytes as place")
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(cursor.place, forKey: .place)
    try container.encodeIfPresent(cursor.previous, forKey: .previous)
    try container.encode(cursor.trail, forKey: .trail)
    try container.encode(course, forKey: .course)
  }
}

extension SegmentCursor {
  fileprivate func isSamePlace(as other: SegmentCursor) -> Bool {
    place == other.place && skip == other.skip
  }
}

extension LogChain {
  /// The times of a segment: of all its events, or of those through the first of `time` or later.
  ///
  /// - Throws: `.changed` if events that were read are no longer in the segment, and what reading
  ///   throws.
  private func times(of link: LogLink, until time: EventTime?) throws(SourceError) -> TimeCourse {
    guard let segment = link.segment else { return TimeCourse() }
    let file = link.item.stamp.identity
    // A first small read shows whether the events that were read before are still the same.
    var limits = BatchLimits(events: 1, bytes: 16 << 10)
    while true {
      let known = times.times(of: file)
      let read: SegmentRead
      do throws(SourceError) {
        read = try segment.read(from: known.cursor, limits)
      } catch {
        if error.kind == .changed { times.forget(file) }
        // What follows the last event that can be read has no times.
        if error.kind == .damaged(next: nil), known.course.latest != nil { return known.course }
        guard case .damaged(let next?) = error.kind else { throw error }
        let after = try segment.locate(id: next.eventId)
        guard after.place > known.cursor.place else { throw error }
        times.passOver(to: after, in: file)
        continue
      }
      if let time, let latest = known.course.latest, latest >= time { return known.course }
      if read.cursor.isSamePlace(as: known.cursor) { return known.course }
      times.note(read, from: known.cursor, in: file)
      limits = BatchLimits()
    }
  }

  /// Before the first event of this time or later; events without a time count as earlier.
  func place(from time: EventTime, in view: LogView) throws(SourceError) -> LogPlace? {
    for (index, link) in view.links.enumerated() {
      if let failure = view.failure(at: index) { throw failure }
      guard let segment = link.segment, !link.isEmpty else { continue }
      let course = try times(of: link, until: time)
      guard let latest = course.latest, latest >= time else { continue }
      return LogPlace(link: link, cursor: try segment.locate(time: time, in: course))
    }
    return nil
  }

  /// What readers know of the log's times, from its first event on; nil if that is nothing.
  func knownTimes() throws(SourceError) -> KnownTimes? {
    let view = LogView(links: try links())
    guard let first = view.first?.eventId else { return nil }
    var known: KnownTimes?
    var previous: (last: UInt64, time: EventTime)?
    for (index, link) in view.links.enumerated() where !link.isEmpty {
      let course = times.times(of: link.item.stamp.identity).course
      guard link.failure == nil, view.missing(before: index) == nil, course.hasHole != true,
        let through = course.through, through >= first, let time = course.last,
        let begin = link.ends.first
      else { break }
      if let previous, let next = begin.time, next < previous.time {
        known?.steps.append(ClockStep(eventId: begin.eventId, from: previous.time, to: next))
      }
      let steps = course.steps.filter { step in previous.map { step.eventId > $0.last } ?? true }
      known = KnownTimes(ids: first...through, steps: (known?.steps ?? []) + steps)
      guard link.ends.last?.eventId == through else { break }
      previous = (through, time)
    }
    return known
  }

  /// Where the times of the log fall, within a segment or from one to the next.
  func clockSteps() throws(SourceError) -> [ClockStep] {
    try Self.retrying { () throws(SourceError) in
      try clockSteps(in: LogView(links: countedLinks()))
    }
  }

  private func clockSteps(in view: LogView) throws(SourceError) -> [ClockStep] {
    var steps: [ClockStep] = []
    var previous: (id: UInt64, time: EventTime)?
    for (index, link) in view.links.enumerated() where !link.isEmpty {
      if let failure = view.failure(at: index) { throw failure }
      let course = try times(of: link, until: nil)
      guard let first = link.ends.first, let last = link.ends.last, let time = course.last else {
        continue
      }
      // A segment can begin with events that the one before it has too.
      if let previous, let begin = first.time, begin < previous.time, first.eventId >= previous.id {
        steps.append(ClockStep(eventId: first.eventId, from: previous.time, to: begin))
      }
      steps += course.steps.filter { step in previous.map { step.eventId > $0.id } ?? true }
      previous = (last.eventId, time)
    }
    return steps
  }
}
