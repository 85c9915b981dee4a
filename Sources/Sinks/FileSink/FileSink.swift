public import Compression
public import EventPersistence

/// Stores events as JSON lines in segment files.
///
/// ```
/// PATH/hydra-sinks.json                         the version of this form, and its options
/// PATH/events/00000000000000000000.0.jsonl.zst  a segment, named after the first event of its batch
/// PATH/events/00000000000000040017.0.jsonl      the last one, and without compression each
/// PATH/retired.json                             what `retain` let go of, if it did
/// PATH/origin.json                              which events are not as the node stored them, if any is not
/// PATH/through.json                             how far events were looked at, where the last were not selected
/// PATH/superseded/                              what was set aside; never read, never deleted
/// PATH/rebuild/                                 a repair under way
/// PATH/lock                                     held by the driver
/// ```
///
/// A segment holds one batch of a `BatchRule`, so that a replay writes the same files. What is held already
/// is compared and not written again; what is missing in the middle, or damaged, is rebuilt. New events are
/// written straight from the batch's buffer, then synchronised. With compression, a segment that is complete
/// is packed as one zstd frame, and the plain one removed after that.
///
/// The trade-off: files that any tool reads, at the price of a synchronisation a batch, of writing twice what
/// is packed, and of reading and writing a segment where an event comes for its middle. In memory are at most
/// about three times `bytesMax` (a segment, and its copy as it is packed or unpacked), or of the largest event,
/// beside a batch: 135 MiB in all were measured with the defaults and zstd, 51 MiB without.
public actor FileSink: EventSink {
  public struct Options: Sendable, Hashable {
    /// The folder. What is above it must be there.
    public var path: String

    /// Of a batch, at least a second.
    public var interval: Duration
    /// The most events of a batch.
    public var eventsMax: Int
    /// The most bytes of a batch, but for one that is a single larger event.
    public var bytesMax: Int
    /// `none` or `zstd`.
    public var compression: Compression
    /// Nil: nothing is ever let go of.
    public var retain: Retention?

    /// Which events come, for readers of the archive to know: selecting is not the sink's.
    public var selection: Selection

    /// The node's folder, where nothing may be written; nil where there is none.
    public var persistenceDirectory: String?

    public var limits: BatchLimits

    public init(
      path: String, interval: Duration = .seconds(3600), eventsMax: Int = 100_000,
      bytesMax: Int = 32 << 20, compression: Compression = .none, retain: Retention? = nil,
      selection: Selection = .all, persistenceDirectory: String? = nil,
      limits: BatchLimits = BatchLimits()
    ) {
      self.path = path
      self.interval = interval
      self.eventsMax = eventsMax
      self.bytesMax = bytesMax
      self.compression = compression
      self.retain = retain
      self.selection = selection
      self.persistenceDirectory = persistenceDirectory
      self.limits = limits
    }

    /// What decides the limits of segments.
    public var rule: BatchRule {
      BatchRule(interval: interval, maxEvents: eventsMax, maxBytes: bytesMax)
    }

    /// What a sink with these options is.
    public var description: SinkDescription {
      SinkDescription(
        kind: .file, target: path, batching: Batching(limits: limits, rule: rule))
    }
  }

  /// How much is kept: the oldest segments go, whole, once their last event is older than `age`, or while the
  /// files are more than `bytes`. The last one always stays.
  public struct Retention: Sendable, Hashable {
    public var age: Duration?
    public var bytes: Int?

    public init(age: Duration? = nil, bytes: Int? = nil) {
      self.age = age
      self.bytes = bytes
    }
  }

  public nonisolated let description: SinkDescription

  private nonisolated let executor = BlockingExecutor(label: "file")
  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  private let options: Options
  private let now: @Sendable () -> EventTime
  private var archive: Archive?
  private var notes: [String] = []

  /// - Parameter now: the time of day, which the age of events counts to.
  public init(_ options: Options, now: @escaping @Sendable () -> EventTime = { .now }) {
    self.options = options
    self.now = now
    description = options.description
  }

  /// Takes the folder for this driver, cuts off a torn last line, and tells what is held. Reads the last
  /// segment; of the others their names.
  public func open() async throws(SinkError) -> Holdings {
    archive = nil
    let opened = try Archive(options, now: now)
    archive = opened
    takeNotes(of: opened)
    return .through(opened.holdsThrough)
  }

  public func put(_ batch: EventBatch) async throws(SinkError) {
    guard let archive else { throw Self.notOpen }
    defer { takeNotes(of: archive) }
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
    try StoredSegments(options.path).segmentStart(of: position)
  }

  /// The last event held of an id below `id`.
  public func position(before id: UInt64) async throws(SinkError) -> Position? {
    try StoredSegments(options.path).position(before: id)
  }

  /// Moves what is held after `position` to `superseded/`; with nil, everything.
  public func supersede(after position: Position?) async throws(SinkError) {
    guard let archive else { throw Self.notOpen }
    self.archive = nil
    try archive.supersede(after: position)
    self.archive = try Archive(options, lock: archive.lock, now: now)
  }

  public func takeNotes() async -> [String] {
    defer { notes = [] }
    return notes
  }

  private static let notesMax = 100

  private func takeNotes(of archive: Archive) {
    notes += archive.segments.notes.prefix(Self.notesMax - notes.count)
    archive.segments.notes = []
  }

  public func facts() async -> [String: String] { archive?.facts ?? [:] }

  /// Notes how far events were looked at of which none was selected, and lets go of the folder.
  public func close() async {
    archive?.finish()
    archive = nil
  }

  private static let notOpen = SinkError(
    .retry, code: "closed", "The archive must be opened (again) before anything is stored.")
}
