/// A destination that each event of the primary is delivered to.
///
/// One driver at a time uses a sink, and makes one call at a time.
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
  /// Its kind, where it stores, and how it wants its batches. It must not change.
  var description: SinkDescription { get }

  /// The newest generation of the node's log that the target holds; nil if it cannot tell, or holds
  /// none. Also called on a sink that is not open: it must not take the target.
  func newestGeneration() async throws(SinkError) -> Int?

  /// Makes the sink ready and returns what it holds. Called before the first `put`, and again after
  /// an error.
  func open() async throws(SinkError) -> Holdings

  /// Stores `batch`, and returns once all of it would survive a crash of this machine.
  ///
  /// The same events can come again, in the same order and with the same positions: storing them
  /// twice must leave what storing them once does. A batch may have no selected events at all.
  ///
  /// A sink that stores one event after another, and takes long, throws `again` several times a
  /// second with the last event `stored`: the checkpoint, the rates and the operator's orders do
  /// not wait for the rest of the batch.
  ///
  /// - Throws: `SinkError`, whose `remedy` tells the driver whether to try again or to stop.
  func put(_ batch: EventBatch) async throws(SinkError)

  /// Stores `batch` as `put` does, but may return before it is stored: for a sink that stores batches
  /// faster if several are on their way. Called if another batch may follow.
  ///
  /// Whoever reads the target sees the batches in the order in which they came: none before those
  /// that came before it. Before any other call than `begin`, the driver calls `settle`, except
  /// after an error, when it opens or closes the sink: by then nothing that was begun is under way.
  ///
  /// - Returns: how many batches, the last ones that came, are not stored yet.
  /// - Throws: also if a batch that came before cannot be stored. The driver reads again what was
  ///   not said to be stored.
  func begin(_ batch: EventBatch) async throws(SinkError) -> Int

  /// Returns once every batch that was begun is stored.
  func settle() async throws(SinkError)

  /// The first event of the stored batch that contains `position`, if the sink stores whole
  /// batches: a rewind begins there. Nil: a rewind may begin at any event.
  ///
  /// Also called on a sink that is not open, while another driver has the target: it must not take
  /// the target. Not called if `batching.rule` says where batches begin.
  func batchStart(of position: Position) async throws(SinkError) -> Position?

  /// The last event with an id below `id` that the sink holds. A rewind uses it to find where the
  /// sink and the primary still agree. Nil: it cannot tell, or holds none. Called in the same
  /// situations as `batchStart`.
  func position(before id: UInt64) async throws(SinkError) -> Position?

  /// Sets aside, and never deletes, what the sink holds after `position`: the node reused those
  /// ids.
  func supersede(after position: Position?) async throws(SinkError)

  /// The events after `position` (with nil, from the log's first on) will be put again on an
  /// operator's order, although they are stored. Also called on a sink that is not open.
  func willDeliverAgain(after position: Position?) async

  /// Checks whether what the sink depends on (a program, a connection) still works. Called about
  /// every `restInterval` while everything is stored and no event comes. It must not wait.
  ///
  /// - Throws: the error that the next `put` would meet. The driver reports it, and opens the sink
  ///   again.
  nonisolated(nonsending) func rest() async throws(SinkError)

  /// How often `rest` is called: every 250 ms, unless the sink says otherwise. Nil: it depends on
  /// nothing that could go away, and a driver at rest wakes up less often.
  nonisolated var restInterval: Duration? { get }

  /// What the sink did to its contents since the last call and an operator may later ask about:
  /// segments removed, objects set aside. One sentence each, a hundred at most; the driver notes
  /// them in the secondary's journal. Called after each `open`, `put` and `supersede`, even if they
  /// failed.
  func takeNotes() async -> [String]

  /// The sink's own facts for the detail view: segments, objects, the program's exit code.
  func facts() async -> [String: String]

  /// The consumers that the sink serves at their own pace; nil for a sink that has none by its kind.
  func consumers() async -> [ConsumerReport]?

  /// Files whose change may resolve what the sink stopped for (credentials): the driver then tries
  /// again at once.
  nonisolated var watchedFiles: [String] { get }

  /// Releases what `open` took. The sink can be opened again.
  func close() async
}

extension EventSink {
  public var kind: SinkKind { description.kind }
  public var target: String { description.target }
  public var batching: Batching { description.batching }

  public func begin(_ batch: EventBatch) async throws(SinkError) -> Int {
    try await put(batch)
    return 0
  }
  public func settle() async throws(SinkError) {}
  public func newestGeneration() async throws(SinkError) -> Int? { nil }
  public func batchStart(of position: Position) async throws(SinkError) -> Position? { nil }
  public func position(before id: UInt64) async throws(SinkError) -> Position? { nil }
  public func supersede(after position: Position?) async throws(SinkError) {}
  public func willDeliverAgain(after position: Position?) async {}
  nonisolated(nonsending) public func rest() async throws(SinkError) {}
  public var restInterval: Duration? { .milliseconds(250) }
  public func takeNotes() async -> [String] { [] }
  public func facts() async -> [String: String] { [:] }
  public func consumers() async -> [ConsumerReport]? { nil }
  public var watchedFiles: [String] { [] }
  public func close() async {}
}

/// What a sink knows about its own contents.
public enum Holdings: Sendable, Hashable {
  /// It cannot tell: the checkpoint alone counts.
  case unknown
  /// It holds everything through this position; with nil, nothing yet.
  case through(Position?)
}

/// How a sink wants its batches.
public struct Batching: Sendable, Hashable {
  /// How the sink receives the events of one of the rule's batches.
  public enum Grouping: Sendable, Hashable {
    /// As they come: each `EventBatch` is a piece of one batch, and follows the previous piece.
    case pieces
    /// Only whole batches, each in one `EventBatch`: when an event of another batch follows in the
    /// log, or when the clock is past the batch's interval and `grace`. A batch that grows after it
    /// was put comes again, longer, from its first event on. `limits` applies to reading and does
    /// not bound the batch.
    case whole
  }

  public var limits: BatchLimits

  /// How long the sink may hold events back on purpose; lag within it is no alarm.
  public var interval: Duration

  /// How long one `put` may take before it counts as stuck.
  public var timeout: Duration

  /// Where stored batches end. With a rule, no `EventBatch` crosses such an end, and each has its
  /// `run`. Nil: batches are cut by `limits` alone, and differ from one drive to the next.
  public var rule: BatchRule?

  /// How long after the end of its interval a batch may still grow. For `whole` only.
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

  /// The longest time for which events are held back on purpose, by the sink or for it.
  public var heldBackAtMost: Duration {
    guard grouping == .whole, let rule else { return interval }
    return max(interval, rule.interval + grace)
  }
}
