import EventPersistence

/// Where one segment ends and the next begins: a function of the stored events alone.
///
/// A *run* is consecutive events with the same ⌊time / interval⌋, or, where they have no time, the same
/// ⌊id / events⌋. Each run begins a segment, and within a run so does the event that would make the segment
/// larger than it may be. So the same events make the same segments, in however many pieces they come.
struct SegmentRule: Hashable, Sendable {
  var intervalSeconds: Int64
  var eventsMax: Int
  var bytesMax: Int

  enum Run: Hashable, Sendable {
    case interval(Int64)
    case ids(UInt64)
  }

  func run(of position: Position) -> Run {
    guard let time = position.time else { return .ids(position.eventId / UInt64(eventsMax)) }
    let (quotient, rest) = time.seconds.quotientAndRemainder(dividingBy: intervalSeconds)
    return .interval(rest < 0 ? quotient - 1 : quotient)
  }

  /// A segment as it fills, and the event before the next.
  struct Filling: Hashable, Sendable {
    /// Nil where no segment is begun.
    var run: Run?
    var events = 0
    var bytes = 0
    /// The positions of the last id, in log order, whichever segments they stand in.
    var lastTwins: [Position] = []

    var last: Position? { lastTwins.last }
  }

  /// Whether the event begins a segment; counts it. `bytes` is its line's, line feed included.
  func begins(_ position: Position, bytes: Int, _ filling: inout Filling) -> Bool {
    let run = run(of: position)
    let begins =
      filling.run != run || filling.events >= eventsMax || filling.bytes + bytes > bytesMax
    if begins {
      filling.run = run
      filling.events = 0
      filling.bytes = 0
    }
    filling.events += 1
    filling.bytes += bytes
    filling.add(position)
    return begins
  }
}

extension SegmentRule.Filling {
  /// Takes note of the event that follows.
  mutating func add(_ position: Position) {
    if last?.eventId == position.eventId {
      lastTwins.append(position)
    } else {
      lastTwins.removeAll(keepingCapacity: true)
      lastTwins.append(position)
    }
  }

  /// The name of a segment that begins with the event that was counted last.
  var name: SegmentName {
    SegmentName(firstId: last?.eventId ?? 0, twin: max(0, lastTwins.count - 1))
  }
}
