/// A log that events are read from, in order, from any position on: the primary, or an archive.
///
/// A source is *pulled* from. It holds nothing open and no lock while nobody reads, and never reads the
/// whole log to answer a question: each call but a reader's `next` costs a few reads, whatever the log's
/// size.
///
/// ```swift
/// let reader = source.reader(from: .first)
/// while let batch = try await reader.next(BatchLimits(), through: nil) {
///   for entry in batch.entries { print(entry.position) }
/// }
/// ```
public protocol EventSource: Sendable {
  /// What the log is right now: its state, its ends, its size. One look at metadata and at both ends.
  func survey() async -> Survey

  /// A value that differs whenever the log may have changed since another was asked for. A few `stat`
  /// calls, nothing opened.
  func changeToken() async -> ChangeToken

  /// How `position` stands in the log, and what follows it; with nil, what the log begins with.
  func status(of position: Position?) async throws(SourceError) -> PositionStatus

  /// The first event at or behind `start`; nil where there is none yet.
  func locate(_ start: Start) async throws(SourceError) -> Position?

  /// How much stands from `first` through `last`, both inclusive, both positions of this log.
  func extent(from first: Position, through last: Position) async throws(SourceError) -> Extent

  /// A reader that begins at `start`. Nothing is opened before its first `next`.
  func reader(from start: Start) -> any EventReader
}

/// Delivers the events of a log in order, from where it was made on.
///
/// A reader survives what a node does to its log (rotation, migration, going down): it goes on at the
/// position behind the last event that it gave.
public protocol EventReader: Sendable {
  /// The next events, at least one and at most `limits`; nil at the head.
  ///
  /// A single event larger than `limits.bytes` comes alone. With `through`, events behind that position
  /// are left for later calls.
  func next(_ limits: BatchLimits, through: Position?) async throws(SourceError) -> EventBatch?
}

/// Where a reader begins.
public enum Start: Sendable, Hashable {
  /// The first event that is still there, archives included.
  case first
  /// Behind this event. Where it has no tag and no time and its id has twins: behind the first of them.
  case after(Position)
  /// The first event whose id is this or higher; of twins the first.
  case id(UInt64)
  /// The first event of this time or later (by bisection: times of one log rise but for clock steps).
  case time(EventTime)
  /// This many events before the head, as near as ids tell.
  case last(Int)
  /// Behind the head, as it stands at the first `next`.
  case head
}

/// The bounds of a batch: whichever is reached first.
public struct BatchLimits: Sendable, Hashable {
  public var events: Int
  public var bytes: Int

  public init(events: Int = 10_000, bytes: Int = 4 << 20) {
    self.events = events
    self.bytes = bytes
  }
}

/// An opaque value to compare looks at a log by.
public struct ChangeToken: Sendable, Hashable {
  public var words: [UInt64]
  public init(_ words: [UInt64]) { self.words = words }
}

/// How much stands in a stretch of a log.
public struct Extent: Sendable, Hashable {
  /// Differences of ids plus known twins: an estimate where ids have legal gaps.
  public var events: UInt64
  /// Of JSON, an estimate where the log does not tell without being read.
  public var bytes: UInt64?
  public var firstTime: EventTime?
  public var lastTime: EventTime?

  public init(events: UInt64, bytes: UInt64?, firstTime: EventTime?, lastTime: EventTime?) {
    self.events = events
    self.bytes = bytes
    self.firstTime = firstTime
    self.lastTime = lastTime
  }
}
