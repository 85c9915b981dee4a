/// A log to read events from, in order, from any position on: the primary, or an archive.
///
/// Readers *pull* from a source. Between reads it holds nothing open and no lock. It does not read
/// the log to answer a question: each call except a reader's `next` costs a few reads, for a log of
/// any size. Only a search for a time may read the log once, since a node's clock can be set back.
///
/// ```swift
/// let reader = source.reader(from: .first)
/// while let batch = try await reader.next(BatchLimits(), through: nil) {
///   for entry in batch.entries { print(entry.position) }
/// }
/// ```
public protocol EventSource: Sendable {
  /// What the log is right now: its state, its ends, its size. One look at metadata and at both
  /// ends.
  func survey() async -> Survey

  /// The node's log alone, without the history that it is joined with.
  var nodeLog: any EventSource { get }

  /// A value that differs whenever the log may have changed since the last call. It costs a few
  /// `stat` calls, and opens nothing.
  ///
  /// It may block the caller's thread for these, so that many polls a second change no thread.
  nonisolated(nonsending) func changeToken() async -> ChangeToken

  /// The same for one of many that look at the same `instant`: the source looks once for all of
  /// them. It blocks the caller's thread for some `stat` calls. Nil: it would take more than these.
  func changeToken(at instant: ContinuousClock.Instant) -> ChangeToken?

  /// The folders in which most changes of the log are changes of a file: news of these make a wait
  /// shorter, and nothing else depends on them.
  var changeFolders: [String] { get }

  /// Whether the log has `position`, and what follows it; with nil, the first event of the log.
  func status(of position: Position?) async throws(SourceError) -> PositionStatus

  /// The first event at or after `start`; nil if there is none yet.
  func locate(_ start: Start) async throws(SourceError) -> Position?

  /// An event near the first one of `time` or later, at which a search can begin, found by a few
  /// reads; nil if that would take more.
  func locate(near time: EventTime) async throws(SourceError) -> Position?

  /// How many events and bytes the log has from `first` through `last`, both positions of this log.
  func extent(from first: Position, through last: Position) async throws(SourceError) -> Extent

  /// The places at which the log's times fall, in log order. Finding them may take reading the log
  /// once.
  func clockSteps() async throws(SourceError) -> [ClockStep]

  /// A reader that begins at `start`. It opens nothing before its first `next`.
  func reader(from start: Start) -> any EventReader
}

extension EventSource {
  public var nodeLog: any EventSource { self }

  public func changeToken(at instant: ContinuousClock.Instant) -> ChangeToken? { nil }

  public var changeFolders: [String] { [] }

  public func locate(near time: EventTime) async throws(SourceError) -> Position? {
    try await locate(.time(time))
  }

  /// Reads the whole log.
  public func clockSteps() async throws(SourceError) -> [ClockStep] {
    var course = TimeCourse()
    let reader = reader(from: .first)
    while let batch = try await reader.next(BatchLimits(), through: nil) {
      for entry in batch.entries { course.add(entry.position) }
    }
    return course.steps
  }
}

/// Delivers the events of a log in order, from its start on.
///
/// A reader survives what a node does to its log (rotation, migration, shutdown): it continues
/// after the last event that it returned.
public protocol EventReader: Sendable {
  /// The next events, at least one and at most `limits`; nil at the head.
  ///
  /// A single event larger than `limits.bytes` comes alone. With `through`, events after that
  /// position are left for later calls.
  func next(_ limits: BatchLimits, through: Position?) async throws(SourceError) -> EventBatch?

  /// The stretches that `next` has passed since the last call of this, and in which events may have
  /// been: ids are missing around them, or they begin a file of the log. In log order; if there are
  /// very many, some are joined. After a `next` that returned nil, the last
  /// one can be an event that is being written.
  func tornStretches() async -> [TornStretch]
}

extension EventReader {
  /// None, for a log that is an error where it is damaged.
  public func tornStretches() async -> [TornStretch] { [] }
}

/// Where a reader begins.
public enum Start: Sendable, Hashable {
  /// The first event that is left, archives included.
  case first
  /// After this event. If it has no tag and no time and its id has twins: after the first of them.
  case after(Position)
  /// The first event whose id is this or higher; of twins, the first.
  case id(UInt64)
  /// The first event of this time or later. If the node's clock was set back, events of earlier
  /// times follow.
  case time(EventTime)
  /// This many events before the head, as far as ids tell.
  case last(Int)
  /// After the head, as it is at the first `next`.
  case head
}

/// The bounds of a batch: whichever is reached first.
public struct BatchLimits: Sendable, Hashable {
  public var events: Int
  /// Of JSON lines, each with its line feed.
  public var bytes: Int
  /// The tags of the events that are needed; nil: all are. Of the others, a source may give the ids
  /// and the tags alone, in entries that have no bytes and no time, and leave out all but the last that
  /// it read, so that a reader can continue after it. It need not find what is torn among them.
  public var tags: Set<String>?
  /// How many batches of these limits a source may prepare while the caller uses the last one, on as
  /// many threads. Each takes the memory of a batch.
  public var ahead: Int

  public init(events: Int = 10_000, bytes: Int = 4 << 20, ahead: Int = 0) {
    self.events = events
    self.bytes = bytes
    self.ahead = ahead
  }
}

/// An opaque value that shows whether a log may have changed between two looks.
public struct ChangeToken: Sendable, Hashable {
  public var words: [UInt64]
  public init(_ words: [UInt64]) { self.words = words }
}

/// The size of a stretch of a log.
public struct Extent: Sendable, Hashable {
  /// Differences of ids plus known twins: an estimate where ids have legal gaps.
  public var events: UInt64
  /// The size as JSON; an estimate if the log must be read to know it.
  public var bytes: UInt64?
  public var firstTime: EventTime?
  public var lastTime: EventTime?
  /// Where the events come from, in log order, if not all are in the node's log.
  public var parts: [Part] = []

  /// A stretch that one place has.
  public struct Part: Sendable, Hashable, Codable {
    /// The secondary whose archive has it; nil: the node's log.
    @Nullable public var archive: String?
    @Bounded public var from: UInt64
    @Bounded public var through: UInt64
    @Bounded public var events: UInt64

    public init(archive: String?, from: UInt64, through: UInt64, events: UInt64) {
      self.archive = archive
      self.from = from
      self.through = through
      self.events = events
    }
  }

  public init(events: UInt64, bytes: UInt64?, firstTime: EventTime?, lastTime: EventTime?) {
    self.events = events
    self.bytes = bytes
    self.firstTime = firstTime
    self.lastTime = lastTime
  }
}
