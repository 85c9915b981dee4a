/// The replay that a driver carries out: how far it came, and what the disk says of that.
struct ReplayUnderWay: Sendable {
  private(set) var record: ReplayRecord
  private let progress: (@Sendable (ReplayRecord) -> Void)?
  private var savedAt: Duration?

  /// - Parameter progress: called now, and after each batch.
  init(_ record: ReplayRecord, progress: (@Sendable (ReplayRecord) -> Void)?) {
    self.record = record
    self.progress = progress
    progress?(record)
  }

  /// The sink stored `batch`.
  mutating func count(_ batch: EventBatch) {
    record.delivered += UInt64(batch.spanCount)
    record.batches = record.batches.map { $0 + 1 }
    record.position = batch.last
    progress?(record)
  }

  /// Writes how far it came. A range goes on where its record says, so that it is written as often as a
  /// checkpoint is; of the others it only shows how far they are, once a second.
  mutating func save(
    in folder: SecondaryFolder, at now: Duration, always: Bool = false
  ) throws(StateError) {
    if let savedAt, !always, record.kind != .range, now - savedAt < .seconds(1) { return }
    try folder.writeReplay(record)
    savedAt = now
  }
}
