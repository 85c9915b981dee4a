/// Where a batch of stored events ends and the next begins: a function of the log alone.
///
/// A *run* is consecutive events of the log with the same ⌊time / interval⌋, or, if they have no
/// time, the same ⌊id / maxEvents⌋. A run begins a batch. Within a run, so does the event that
/// would give its batch more than `maxEvents` events or `maxBytes` bytes. All events count,
/// selected or not. So a replay cuts the same batches again, from any beginning and in any number
/// of pieces.
public struct BatchRule: Sendable, Hashable {
  /// At least one second.
  public var intervalSeconds: Int64
  /// At least one.
  public var maxEvents: Int
  /// Of JSON lines, each with its line feed; a larger event is a batch of its own. At least one.
  public var maxBytes: Int

  /// - Parameter interval: in whole seconds, rounded down; at least one.
  public init(
    interval: Duration = .seconds(60), maxEvents: Int = 10_000, maxBytes: Int = 16 << 20
  ) {
    intervalSeconds = max(1, interval.components.seconds)
    self.maxEvents = max(1, maxEvents)
    self.maxBytes = max(1, maxBytes)
  }

  public var interval: Duration { .seconds(intervalSeconds) }

  /// What consecutive events of one run have in common.
  public enum Run: Sendable, Hashable {
    /// ⌊time / interval⌋
    case interval(Int64)
    /// ⌊id / maxEvents⌋, of an event without a time.
    case ids(UInt64)
  }

  /// The run that an event belongs to. If the node's clock was set back, another run can lie
  /// between two events with an equal `Run`: then they belong to different runs.
  public func run(of position: Position) -> Run {
    guard let time = position.time else { return .ids(position.eventId / UInt64(maxEvents)) }
    let (quotient, rest) = time.seconds.quotientAndRemainder(dividingBy: intervalSeconds)
    return .interval(rest < 0 ? quotient - 1 : quotient)
  }

  /// Where events of this run can begin, and after which time no more are expected; nil if they
  /// have no time.
  public func span(of run: Run) -> Range<EventTime>? {
    guard case .interval(let number) = run else { return nil }
    return EventTime(
      seconds: number * intervalSeconds)..<EventTime(
        seconds: (number + 1) * intervalSeconds)
  }
}

extension BatchRule {
  /// A batch while it fills.
  package struct Filling: Sendable, Hashable {
    /// Nil before the first event.
    package fileprivate(set) var run: Run?
    /// The first event of the batch.
    package fileprivate(set) var first: Position?
    /// How many events with the id of `first` precede it in the log, in earlier batches.
    package fileprivate(set) var ordinal = 0
    /// See `BatchRun.followsOn`.
    package fileprivate(set) var followsOn = false
    package fileprivate(set) var events = 0
    package fileprivate(set) var bytes = 0
    /// The last event that was counted.
    package fileprivate(set) var last: Position?
    /// How many events before the last one have its id.
    fileprivate var lastOrdinal = 0

    package init() {}

    /// The batch that fills; it may not be complete.
    var batchRun: BatchRun? {
      first.map { BatchRun(first: $0, ordinal: ordinal, followsOn: followsOn, isComplete: false) }
    }

    /// Whether `position` has the id that follows the last one's.
    func precedes(_ position: Position) -> Bool {
      last.map { $0.eventId < position.eventId && position.eventId - $0.eventId == 1 } ?? false
    }

    /// Notes an event that precedes the first one to be counted.
    mutating func pass(_ position: Position) {
      lastOrdinal = last?.eventId == position.eventId ? lastOrdinal + 1 : 0
      last = position
    }
  }

  /// Whether the batch has no room for another event of `bytes`, whatever its time.
  func isFull(before bytes: Int, _ filling: Filling) -> Bool {
    filling.events >= maxEvents || filling.bytes + bytes > maxBytes
  }

  /// Whether the next event of the log begins a batch.
  ///
  /// The first event ever counted must begin a batch.
  ///
  /// - Parameter bytes: the length of its line, line feed included.
  package func cuts(before position: Position, bytes: Int, _ filling: Filling) -> Bool {
    isFull(before: bytes, filling)
      || filling.run != run(of: position)
  }

  /// Counts the next event of the log, and returns whether it begins a batch.
  @discardableResult
  package func begins(_ position: Position, bytes: Int, _ filling: inout Filling) -> Bool {
    let begins = cuts(before: position, bytes: bytes, filling)
    let followsOn = filling.precedes(position) || filling.last?.eventId == position.eventId
    filling.pass(position)
    if begins {
      filling.run = run(of: position)
      filling.first = position
      filling.ordinal = filling.lastOrdinal
      filling.followsOn = followsOn
      filling.events = 0
      filling.bytes = 0
    }
    filling.events += 1
    filling.bytes += bytes
    return begins
  }
}
