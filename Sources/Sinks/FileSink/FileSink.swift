public import EventPersistence
internal import Foundation

/// Stores events as JSON lines in segment files.
///
/// ```
/// PATH/hydra-sinks.json                         the version of this form, and its options
/// PATH/events/00000000000000000000.0.jsonl      a segment, named after its first event
/// PATH/through.json                             how far events were looked at, where the last were not selected
/// PATH/superseded/                              what was set aside; never read, never deleted
/// PATH/rebuild/                                 a repair under way
/// PATH/lock                                     held by the driver
/// ```
///
/// A segment's limits follow from the events alone (`Options`), so that a replay writes the same files. What is
/// held already is compared and not written again; what is missing in the middle, or damaged, is rebuilt.
/// New events are written to the last segment straight from the batch's buffer, then synchronised.
///
/// The trade-off: plain files that any tool reads, at the price of a synchronisation a batch, and of reading
/// and writing a segment (`bytesMax`) where an event comes for its middle.
public actor FileSink: EventSink {
  public struct Options: Sendable, Hashable {
    /// The folder. What is above it must be there.
    public var path: String

    /// Events whose ⌊time / interval⌋ differs stand in different segments. At least a second.
    public var interval: Duration
    /// The most events of a segment; events without a time stand in one segment where ⌊id / eventsMax⌋ is
    /// the same.
    public var eventsMax: Int
    /// The most bytes of a segment, but for one that is a single larger event. As much is kept in memory
    /// while stored events come again.
    public var bytesMax: Int

    /// The node's folder, where nothing may be written; nil where there is none.
    public var persistenceDirectory: String?

    public var limits: BatchLimits

    public init(
      path: String, interval: Duration = .seconds(3600), eventsMax: Int = 100_000,
      bytesMax: Int = 32 << 20, persistenceDirectory: String? = nil,
      limits: BatchLimits = BatchLimits()
    ) {
      self.path = path
      self.interval = interval
      self.eventsMax = eventsMax
      self.bytesMax = bytesMax
      self.persistenceDirectory = persistenceDirectory
      self.limits = limits
    }
  }

  public nonisolated let kind = "file"
  public nonisolated let target: String
  public nonisolated let batching: Batching

  private nonisolated let executor = BlockingExecutor(label: "file")
  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  private let options: Options
  private let rule: SegmentRule
  private var archive: Archive?

  public init(_ options: Options) {
    self.options = options
    target = options.path
    batching = Batching(limits: options.limits)
    rule = SegmentRule(
      intervalSeconds: max(1, options.interval.components.seconds),
      eventsMax: max(1, options.eventsMax), bytesMax: max(1, options.bytesMax))
  }

  /// Takes the folder for this driver, cuts off a torn last line, and tells what is held. Reads the last
  /// segment; of the others their names.
  public func open() async throws(SinkError) -> Holdings {
    archive = nil
    let opened = try Archive(
      options.path, rule: rule, persistenceDirectory: options.persistenceDirectory)
    archive = opened
    return .through(opened.holdsThrough)
  }

  public func put(_ batch: EventBatch) async throws(SinkError) {
    guard let archive else { throw Self.notOpen }
    do {
      try archive.store(batch)
    } catch {
      // What is on disk is looked at anew before anything else is written.
      self.archive = nil
      throw error
    }
  }

  /// The first event of the segment that `position` lies in; nil where it lies in none.
  public func batchStart(of position: Position) async throws(SinkError) -> Position? {
    try Archive.segmentStart(of: position, in: options.path)
  }

  /// The last event held of an id below `id`.
  public func position(before id: UInt64) async throws(SinkError) -> Position? {
    try Archive.position(before: id, in: options.path)
  }

  /// Moves what is held behind `position` to `superseded/`; with nil, everything.
  public func supersede(after position: Position?) async throws(SinkError) {
    guard let archive else { throw Self.notOpen }
    self.archive = nil
    try archive.supersede(after: position)
    self.archive = try Archive(
      options.path, rule: rule, persistenceDirectory: options.persistenceDirectory,
      lock: archive.lock)
  }

  public func facts() async -> [String: String] { archive?.facts ?? [:] }

  /// Notes how far events were looked at of which none was selected, and lets go of the folder.
  public func close() async {
    archive?.noteSpan()
    archive = nil
  }

  private static let notOpen = SinkError(
    .retry, code: "closed", "The archive must be opened (again) before anything is stored.")
}
