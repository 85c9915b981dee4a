/// How the checkpoint follows the sink: what is stored, and what the disk says of it.
///
/// The sink goes first, the checkpoint second: `checkpointToWrite` never names an event before `store` had
/// it. The checkpoint may trail the sink by 250 ms of work; a crash then repeats that work.
struct CheckpointTrail: Sendable {
  /// How much work the checkpoint may trail the sink by.
  static let trailingAtMost = Duration.milliseconds(250)

  /// What `checkpoint.json` says; nil where there is none.
  private(set) var checkpoint: Checkpoint?
  /// The last event that counts as stored; nil: none.
  private(set) var stored: Position?
  /// Whether the sink stored something that the disk does not say yet.
  private(set) var isUnsaved = false
  /// From a checkpoint that could not be written: nothing goes to the sink before it is.
  private(set) var recovery = Recovery()
  private var savedAt: Duration

  init(_ checkpoint: Checkpoint?, at now: Duration) {
    self.checkpoint = checkpoint
    stored = checkpoint?.position
    savedAt = now
  }

  /// Whether neither the disk nor a sink has said where this secondary stands.
  var isNew: Bool { checkpoint == nil && stored == nil }

  // MARK: - What the sink stored

  /// The delivery begins after `position`, for the sink holds that, or does not want what is before.
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

  /// The sink stored events once more that are stored: the checkpoint stays, and how far it came is saved
  /// with the replay.
  mutating func storeAgain() { isUnsaved = true }

  /// The sink holds less than was stored.
  mutating func goBack(to position: Position?) {
    precondition(
      position.map { $0.eventId } ?? 0 <= stored?.eventId ?? 0,
      "\(position as Any) is beyond \(stored as Any), which is the last event stored")
    stored = position
    isUnsaved = true
  }

  // MARK: - What the disk says

  /// Whether it is to be saved before any more work: the 250 ms are over, or saving failed before.
  func isDue(at now: Duration) -> Bool {
    isUnsaved && (recovery.trouble != nil || now - savedAt >= Self.trailingAtMost)
  }

  /// What the disk is to say; nil where it says so.
  func checkpointToWrite(at date: EventTime) -> Checkpoint? {
    guard stored != checkpoint?.position else { return nil }
    return Checkpoint(
      position: stored, at: date,
      highest: [checkpoint?.highest, stored?.eventId].compactMap(\.self).max())
  }

  /// The disk says all of it now.
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

  /// An operator's order moved the checkpoint, on disk already.
  mutating func moved(to checkpoint: Checkpoint?, at now: Duration) {
    self = CheckpointTrail(checkpoint, at: now)
  }
}
