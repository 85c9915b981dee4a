package import Compression
internal import EventArchive
package import EventPersistence

/// Stores events as JSON lines in segment files.
///
/// ```
/// PATH/hydra-sinks.json                         the version of this form, and its options
/// PATH/events/00000000000000000000.0.jsonl.zst  a segment, named after its batch's first event
/// PATH/events/00000000000000040017.0.jsonl      the last one; without compression, each one
/// PATH/retired.json                             what `retain` removed, if anything
/// PATH/origin.json                              which events are not as the node stored them, if any
/// PATH/through.json                             how far events were read, if the last were not selected
/// PATH/superseded/                              what was set aside; never read, never deleted
/// PATH/rebuild/                                 a repair in progress
/// PATH/lock                                     held by the driver
/// PATH/g2/…                                     the same for the node's next log, after the first
/// ```
///
/// A segment holds one batch of a `BatchRule`, so that a replay writes the same files. Events that
/// are held already are compared and not written again; events that are missing in the middle, or
/// damaged, are rebuilt. New events are written directly from the batch's buffer, and synchronized:
/// several batches with one call, if more are to come. With compression, a complete segment is packed,
/// as one zstd frame or several, and what was plain of it is removed. A batch of 256 KiB or more is packed
/// at once, as a frame of its own, and so is one that completes a segment: whoever catches up with a log
/// writes segments only packed.
///
/// The trade-off: any tool can read the files, at the price of one synchronization for some batches,
/// of writing events twice that came one by one and are then packed, and of rewriting a segment if
/// an event belongs in its middle. Storing what is new takes the memory of a batch, packed or not. Comparing
/// what is held, or rewriting it, takes up to three times `bytesMax` (a segment, and the next one or a
/// copy), or as much of the largest event.
package actor FileSink: EventSink {
  package struct Options: Sendable, Hashable {
    /// The folder. Its parent must exist.
    package var path: String

    /// Which of the node's logs is stored there.
    package var generation = 1

    /// The interval of a batch, at least one second.
    package var interval: Duration
    /// The most events of a batch.
    package var eventsMax: Int
    /// The most bytes of a batch, except for a single larger event.
    package var bytesMax: Int
    /// `none` or `zstd`.
    package var compression: Compression
    /// Nil: nothing is ever removed.
    package var retain: Retention?

    /// Which events come, noted for readers of the archive: the sink itself does not select.
    package var selection: Selection

    /// The node's folder, where nothing may be written; nil if there is none.
    package var persistenceDirectory: String?

    package var limits: BatchLimits

    package init(
      path: String, interval: Duration = .seconds(3600), eventsMax: Int = 100_000,
      bytesMax: Int = 32 << 20, compression: Compression = .none, retain: Retention? = nil,
      selection: Selection = .all, persistenceDirectory: String? = nil,
      limits: BatchLimits = BatchLimits(bytes: 2 << 20)
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

    /// Where the generation lies: the first in the folder itself, the others in `g2`, `g3`, ….
    package var root: String {
      ArchiveGeneration.folder(generation).map { "\(path)/\($0)" } ?? path
    }

    /// The rule that decides the limits of segments.
    package var rule: BatchRule {
      BatchRule(interval: interval, maxEvents: eventsMax, maxBytes: bytesMax)
    }

    /// The description of a sink with these options.
    package var description: SinkDescription {
      SinkDescription(
        kind: .file, target: path,
        batching: Batching(limits: limits, rule: rule))
    }
  }

  /// How much is kept: the oldest segments are removed, whole, once their last event is older than
  /// `age`, or while the files have more than `bytes`. The last one always stays.
  package struct Retention: Sendable, Hashable {
    package var age: Duration?
    package var bytes: Int?

    package init(age: Duration? = nil, bytes: Int? = nil) {
      self.age = age
      self.bytes = bytes
    }
  }

  package nonisolated let description: SinkDescription
  package nonisolated let restInterval: Duration? = nil

  private nonisolated let executor = BlockingExecutor(label: "file")
  package nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  private let options: Options
  private let now: @Sendable () -> EventTime
  private var archive: Archive?
  private var begun = Begun()
  private var notes: [String] = []

  /// - Parameter now: the time of day, against which the age of events is measured.
  package init(_ options: Options, now: @escaping @Sendable () -> EventTime = { .now }) {
    self.options = options
    self.now = now
    description = options.description
  }

  package func newestGeneration() async throws(SinkError) -> Int? {
    try FileArchive.generations(in: options.path).last
  }

  /// Locks the folder for this driver, cuts off a torn last line, and returns what is held. Reads
  /// the last segment, and the names of the others.
  package func open() async throws(SinkError) -> Holdings {
    archive = nil
    begun = Begun()
    let opened = try Archive(options, now: now)
    archive = opened
    takeNotes(of: opened)
    return .through(opened.holdsThrough)
  }

  package func put(_ batch: EventBatch) async throws(SinkError) {
    try storing { archive throws(SinkError) in
      try archive.store(batch)
      try synchronize(archive)
    }
  }

  /// Stores `batch`, of which the disk may have written the end only once some more batches came: a
  /// synchronization takes as long as writing several.
  package func begin(_ batch: EventBatch) async throws(SinkError) -> Int {
    try storing { archive throws(SinkError) in
      try archive.store(batch)
      begun.add(batch)
      if begun.isDue { try synchronize(archive) }
    }
    return begun.count
  }

  package func settle() async throws(SinkError) {
    try storing { archive throws(SinkError) in try synchronize(archive) }
  }

  private func synchronize(_ archive: Archive) throws(SinkError) {
    try archive.synchronize()
    begun = Begun()
  }

  private func storing(_ body: (Archive) throws(SinkError) -> Void) throws(SinkError) {
    guard let archive else { throw Self.notOpen }
    defer { takeNotes(of: archive) }
    do {
      try body(archive)
    } catch {
      // The folder must be opened again before anything else is written.
      self.archive = nil
      throw error
    }
  }

  /// The first event of the segment that `position` is in; nil if it is in none.
  package func batchStart(of position: Position) async throws(SinkError) -> Position? {
    try StoredSegments(options.root).segmentStart(of: position)
  }

  /// The last event held with an id below `id`.
  package func position(before id: UInt64) async throws(SinkError) -> Position? {
    try StoredSegments(options.root).position(before: id)
  }

  /// Moves what is held after `position` to `superseded/`; with nil, everything.
  package func supersede(after position: Position?) async throws(SinkError) {
    guard let archive else { throw Self.notOpen }
    self.archive = nil
    try archive.supersede(after: position)
    self.archive = try Archive(options, lock: archive.lock, now: now)
  }

  /// Looks at the folder again: a replay may repair what was lost since it was opened.
  package func willDeliverAgain(after position: Position?) async {
    guard let archive else { return }
    archive.finish()
    // If this fails, the next `put` asks for the folder to be opened, which then says why.
    self.archive = try? Archive(options, lock: archive.lock, now: now)
    if let opened = self.archive { takeNotes(of: opened) }
  }

  package func takeNotes() async -> [String] {
    defer { notes = [] }
    return notes
  }

  private static let notesMax = 100

  private func takeNotes(of archive: Archive) {
    notes += archive.segments.notes.prefix(Self.notesMax - notes.count)
    archive.segments.notes = []
  }

  package func facts() async -> [String: String] { archive?.facts ?? [:] }

  /// Notes how far events were read without any being selected, and releases the folder.
  package func close() async {
    archive?.finish()
    archive = nil
  }

  private static let notOpen = SinkError(
    .retry, code: "closed", "The archive must be opened (again) before anything is stored.")
}

/// The batches that were written and not synchronized.
private struct Begun {
  private(set) var count = 0
  private var byteCount = 0
  private var since = ContinuousClock.now

  mutating func add(_ batch: EventBatch) {
    if count == 0 { since = .now }
    count += 1
    byteCount += batch.byteCount
  }

  /// Whether they are to be synchronized: 16 batches, 16 MiB, or those of 100 ms.
  var isDue: Bool { count >= 16 || byteCount >= 16 << 20 || .now - since > .milliseconds(100) }
}
