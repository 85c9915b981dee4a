/// A destination that each event of the primary is delivered to.
///
/// A sink is used by one driver at a time, and by that one call after call, never two at once.
///
/// ```swift
/// struct Printer: EventSink {
///   let description = SinkDescription(kind: "printer", target: "stdout")
///
///   func open() async throws(SinkError) -> Holdings { .unknown }
///
///   func put(_ batch: EventBatch) async throws(SinkError) {
///     for entry in batch.entries { print(entry.position) }
///   }
/// }
/// ```
public protocol EventSink: Sendable {
  /// Its kind, where it stores, and how it wants its batches. It never changes.
  var description: SinkDescription { get }

  /// Makes the sink ready and tells what it holds. Called before the first `put`, and again after an error.
  func open() async throws(SinkError) -> Holdings

  /// Stores `batch`, and returns once all of it would survive a crash of this machine.
  ///
  /// The same events can come again, in the same order and with the same positions: storing them twice
  /// must leave what storing them once does. A batch may have no selected events at all.
  ///
  /// - Throws: `SinkError`, whose `remedy` tells the driver whether to try again or to stop.
  func put(_ batch: EventBatch) async throws(SinkError)

  /// The first event of the stored batch that `position` lies in, where the sink stores whole batches: a
  /// rewind begins there. Nil: any event will do.
  ///
  /// Asked of a sink that is not open, too, while another driver has the target: it takes nothing. Not
  /// asked where `batching.rule` says where batches begin.
  func batchStart(of position: Position) async throws(SinkError) -> Position?

  /// The last event that the sink holds of an id below `id`: so a rewind finds where it and the primary
  /// still agree. Nil: it cannot tell, or holds none. Asked as `batchStart` is.
  func position(before id: UInt64) async throws(SinkError) -> Position?

  /// Sets aside, never deletes, what the sink holds after `position`: the node gave those ids anew.
  func supersede(after position: Position?) async throws(SinkError)

  /// The events after `position` (with nil, from the log's first on) are about to be put again on an
  /// operator's order, though they are stored. Also asked of a sink that is not open.
  func willDeliverAgain(after position: Position?) async

  /// Asked several times a second while everything is stored and nothing comes: whether what the sink depends on
  /// (a program, a connection) is there still. Waits for nothing.
  ///
  /// - Throws: what the next `put` would meet. The driver tells it, and opens the sink again.
  func rest() async throws(SinkError)

  /// What it did with what it holds since it was asked last, which somebody may ask for later: segments let go
  /// of, objects set aside. A sentence each, a hundred at most; they are noted in the journal of the secondary.
  /// Asked after each `open`, `put` and `supersede`, whether they failed or not.
  func takeNotes() async -> [String]

  /// Facts of its own for the detail view: segments, objects, the program's exit code.
  func facts() async -> [String: String]

  /// Files whose change may end what the sink stopped for (credentials): it is tried again at once.
  nonisolated var watchedFiles: [String] { get }

  /// Lets go of what `open` took. The sink can be opened again.
  func close() async
}

extension EventSink {
  public var kind: SinkKind { description.kind }
  public var target: String { description.target }
  public var batching: Batching { description.batching }

  public func batchStart(of position: Position) async throws(SinkError) -> Position? { nil }
  public func position(before id: UInt64) async throws(SinkError) -> Position? { nil }
  public func supersede(after position: Position?) async throws(SinkError) {}
  public func willDeliverAgain(after position: Position?) async {}
  public func rest() async throws(SinkError) {}
  public func takeNotes() async -> [String] { [] }
  public func facts() async -> [String: String] { [:] }
  public var watchedFiles: [String] { [] }
  public func close() async {}
}

/// What a sink knows of its own contents.
public enum Holdings: Sendable, Hashable {
  /// It cannot tell: the checkpoint alone counts.
  case unknown
  /// It holds everything through this position; with nil, nothing yet.
  case through(Position?)
}

/// How a sink wants its batches.
public struct Batching: Sendable, Hashable {
  /// How the events of one of the rule's batches come.
  public enum Grouping: Sendable, Hashable {
    /// As they come in: each `EventBatch` is a piece of one batch, and follows the piece before.
    case pieces
    /// Whole batches alone, in one `EventBatch` each: when an event of another batch follows in the log, or
    /// when the clock is past the batch's interval and `grace`. A batch that grows after it was put comes
    /// again, longer, from its first event on. `limits` says how it is read and does not bound it.
    case whole
  }

  public var limits: BatchLimits

  /// How long the sink may hold events back on purpose; lag within it is no alarm.
  public var interval: Duration

  /// How long one `put` may take before it counts as stuck.
  public var timeout: Duration

  /// Where stored batches end. With a rule, no `EventBatch` crosses such an end, and each tells its `run`.
  /// Nil: batches are cut by `limits` alone, and differ from one drive to the next.
  public var rule: BatchRule?

  /// How long after the end of its interval a batch is still expected to grow. For `whole` alone.
  public var grace: Duration

  public var grouping: Grouping

  public init(
    limits: BatchLimits = BatchLimits(), interval: Duration = .zero,
    timeout: Duration = .seconds(60), rule: BatchRule? = nil, grace: Duration = .seconds(10),
    grouping: Grouping = .pieces
  ) {
    self.limits = limits
    self.interval = interval
    self.timeout = timeout
    self.rule = rule
    self.grace = grace
    self.grouping = grouping
  }

  /// How long events are held back on purpose at most, by the sink or on its behalf.
  public var heldBackAtMost: Duration {
    guard grouping == .whole, let rule else { return interval }
    return max(interval, rule.interval + grace)
  }
}
