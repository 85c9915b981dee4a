/// Ends a replay on disk, in any process; only the holder of the secondary's lock may.
///
/// First `replay.json` says how it ended, then the journal does, then `replay.json` is removed. A
/// process that finds an ended one closes it again: it is journaled once.
enum ReplayJournal {
  static func close(_ record: ReplayRecord, in folder: SecondaryFolder) throws(StateError) {
    if try !folder.readReplays(last: 100).contains(where: { $0.id == record.id }) {
      try folder.appendReplays(record)
    }
    // Remove the cancel order first: it must not meet the next replay.
    try folder.removeCancel()
    try folder.removeReplay()
  }

  /// Puts the checkpoint of a rewind that does not reach its earlier position back to it: everything
  /// through that position had been stored. Returns the resulting checkpoint.
  static func returned(
    from record: ReplayRecord, checkpoint: Checkpoint?, in folder: SecondaryFolder,
    holding lock: FolderLock, at now: EventTime
  ) throws(StateError) -> Checkpoint? {
    guard record.isReversible, record.state == .running, let previous = record.previousCheckpoint,
      let there = previous.eventId, (checkpoint?.eventId).map({ $0 < there }) ?? true
    else { return checkpoint }
    var restored = previous
    restored.at = now
    try folder.write(restored, holding: lock)
    return restored
  }

  /// Cancels `record`. The checkpoint of a rewind returns to its earlier position, unless `stay`,
  /// because everything through that position had been stored. Out of a divergence it stays where
  /// it is: the primary has other events up to the earlier position. Returns the resulting
  /// checkpoint.
  static func cancel(
    _ record: ReplayRecord, stay: Bool, by: String, checkpoint: Checkpoint?,
    in folder: SecondaryFolder, holding lock: FolderLock, at now: EventTime
  ) throws(StateError) -> Checkpoint? {
    if record.kind == .newLog, record.state == .running {
      // It was begun, and what was delivered of the new log stays: so that it is whole.
      return try end(
        record, by: by, at: now,
        try folder.beginGeneration(of: record, holding: lock, at: now), in: folder)
    }
    let checkpoint =
      stay
      ? checkpoint
      : try returned(from: record, checkpoint: checkpoint, in: folder, holding: lock, at: now)
    return try end(record, by: by, at: now, checkpoint, in: folder)
  }

  private static func end(
    _ record: ReplayRecord, by: String, at now: EventTime, _ checkpoint: Checkpoint?,
    in folder: SecondaryFolder
  ) throws(StateError) -> Checkpoint? {
    var record = record
    record.state = .cancelled
    record.cancelledBy = by
    record.endedAt = now
    try folder.writeReplay(record)
    try close(record, in: folder)
    return checkpoint
  }
}
