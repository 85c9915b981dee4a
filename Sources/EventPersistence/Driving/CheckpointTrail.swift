/// How the checkpoint follows the sink: what is stored, and what the checkpoint on disk says.
///
/// The sink goes first, the checkpoint second: `checkpointToWrite` never names an event before
/// `store` received it. The checkpoint may trail the sink by 250 ms of work; a crash then repeats
/// that work.
struct CheckpointTrail: Sendable {
  /// How much work the checkpoint may trail the sink by.
  static let trailingAtMost = Duration.milliseconds(250)

  /// What `checkpoint.json` says; nil if there is none.
  private(set) var checkpoint: Checkpoint?
  /// The last event that counts as stored; nil: none.
  private(set) var stored: Position?
  /// Whether the sink stored something that the checkpoint on disk does not include yet.
  private(set) var isUnsaved = false
  /// Whether writing the checkpoint failed: nothing goes to the sink until it is written.
  private(set) var recovery = Recovery()
  private var savedAt: Duration

  init(_ checkpoint: Checkpoint?, at now: Duration) {
    self.checkpoint = checkpoint
    stored = checkpoint?.position
    savedAt = now
  }

  /// Whether neither the disk nor a sink has reported this secondary's position.
  var isNew: Bool { checkpoint == nil && stored == nil }

  // MARK: - What the sink stored

  /// The delivery begins after `position`: the sink holds everything through it, or does not want
  /// it.
  mutating func begin(after position: Position) {
    precondition(isNew, "there is a checkpoint already, at \(stored as Any)")
    stored = position
    isUnsaved = true
  }

  /// The sink stored everything after `previous` through `position`.
  mutating func store(after previous: Position?, through position: Position) {
    precondition(
      previous == stored,
      "events after \(previous as Any) were stored, where those after \(stored as Any) are next")
    stored = position
    isUnsaved = true
  }

  /// The sink stored again events that were stored: the checkpoint stays, and the replay's record
  /// keeps its progress.
  mutating func storeAgain() { isUnsaved = true }

  /// The sink holds less than was recorded as stored.
  mutating func goBack(to position: Position?) {
    precondition(
      position.map { $0.eventId } ?? 0 <= stored?.eventId ?? 0,
      "\(position as Any) is beyond \(stored as Any), which is the last event stored")
    stored = position
    isUnsaved = true
  }

  // MARK: - What the disk says

  /// Whether to save it before any more work: the 250 ms are over, or saving failed before.
  func isDue(at now: Duration) -> Bool {
    isUnsaved && (recovery.trouble != nil || now - savedAt >= Self.trailingAtMost)
  }

  /// The checkpoint to write; nil if the disk is up to date.
  func checkpointToWrite(at date: EventTime) -> Checkpoint? {
    guard stored != checkpoint?.position else { return nil }
    return Checkpoint(
      position: stored, at: date,
      highest: [checkpoint?.highest, stored?.eventId].compactMap(\.self).max())
  }

  /// The disk is up to date now.
  mutating func saved(_ written: Checkpoint?, at now: Duration) {
    if let written { checkpoint = written }
    precondition(checkpoint?.position == stored, "another checkpoint was written than is stored")
    isUnsaved = false
    savedAt = now
    recovery.stopWaiting()
    recovery.end()
  }

  mutating func saveFailed(_ error: StateError, at turn: Turn) {
    recovery.note(.state, error.message, at: turn)
    recovery.backOff(at: turn)
  }

  /// An operator's order moved the checkpoint; the disk has it already.
  mutating func moved(to checkpoint: Checkpoint?, at now: Duration) {
    self = CheckpointTrail(checkpoint, at: now)
  }
}
