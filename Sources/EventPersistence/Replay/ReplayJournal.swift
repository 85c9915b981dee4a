/// How a replay ends on disk, whoever ends it; only the holder of the secondary's lock may.
///
/// `replay.json` says how it ended, then the journal has it, then `replay.json` goes. Whoever finds an ended
/// one still there closes it again: it is journalled once.
enum ReplayJournal {
  static func close(_ record: ReplayRecord, in folder: SecondaryFolder) throws(StateError) {
    if try !folder.readReplays(last: 100).contains(where: { $0.id == record.id }) {
      try folder.appendReplays(record)
    }
    // The order to cancel goes first: it must not meet the next replay.
    try folder.removeCancel()
    try folder.removeReplay()
  }

  /// Cancels `record`: the checkpoint of a rewind goes back to where it was, unless `stay`, for all of that
  /// had been stored. Gives the checkpoint as it is then.
  static func cancel(
    _ record: ReplayRecord, stay: Bool, by: String, checkpoint: Checkpoint?,
    in folder: SecondaryFolder, holding lock: FolderLock, at now: EventTime
  ) throws(StateError) -> Checkpoint? {
    var checkpoint = checkpoint
    if record.kind == .rewind, record.state == .running, !stay,
      let previous = record.previousCheckpoint, let there = previous.eventId,
      (checkpoint?.eventId).map({ $0 < there }) ?? true
    {
      var restored = previous
      restored.at = now
      try folder.write(restored, holding: lock)
      checkpoint = restored
    }
    var record = record
    record.state = .cancelled
    record.cancelledBy = by
    record.endedAt = now
    try folder.writeReplay(record)
    try close(record, in: folder)
    return checkpoint
  }
}
