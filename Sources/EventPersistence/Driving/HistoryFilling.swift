/// A stretch that a drive reads from an archive because the log no longer has it, for the journal.
struct HistoryFilling: Sendable {
  /// In words.
  let archive: String
  private(set) var ids: ClosedRange<UInt64>

  /// - Parameter batch: from `archive`.
  init(_ batch: EventBatch, from archive: String) {
    self.archive = archive
    ids = batch.first.eventId...batch.last.eventId
  }

  /// Takes more of the stretch; a fresh reader may begin further back.
  mutating func extend(by batch: EventBatch) {
    let (first, last) = (batch.first.eventId, batch.last.eventId)
    ids = min(ids.lowerBound, first)...max(ids.upperBound, last)
  }
}

extension Secondary {
  /// Journals where the delivery changes between the log and its history.
  ///
  /// - Parameter batch: the next one that was read; nil: there is none yet.
  func noteHistory(_ batch: EventBatch?) {
    guard let batch, let archive = batch.archive else { return endFilling() }
    guard filling?.archive == archive else {
      endFilling()
      filling = HistoryFilling(batch, from: archive)
      return note(
        .driver,
        "the node's log no longer has the event \(batch.first): reading on from there in the history "
          + archive)
    }
    filling!.extend(by: batch)
  }

  /// The stretch is over, or the drive is.
  func endFilling() {
    guard let filled = filling else { return }
    filling = nil
    note(
      .driver,
      "filled in \(Divergence.events(filled.ids)), which the node's log no longer has, from the "
        + "history \(filled.archive)")
  }
}
