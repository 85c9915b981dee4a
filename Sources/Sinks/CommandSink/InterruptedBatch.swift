import EventPersistence

/// A batch whose program failed, and how far it had answered: where the next one continues.
struct InterruptedBatch {
  let batch: EventBatch
  /// The first unanswered entry.
  var answered: Int

  /// The entry of `other` to begin with: the first unanswered one, if it is the same batch.
  func resumption(of other: EventBatch) -> Int {
    guard batch.buffer === other.buffer, batch.entries.count == other.entries.count,
      batch.entries.first?.offset == other.entries.first?.offset,
      answered < other.entries.endIndex
    else { return other.entries.startIndex }
    return answered - batch.entries.startIndex + other.entries.startIndex
  }

  /// Answered events count only as far as the next program says that it holds them.
  mutating func forget(after position: Position?) {
    let kept = batch.entries.prefix { entry in
      position.map { entry.position.eventId < $0.eventId || entry.position.agrees(with: $0) }
        ?? false
    }
    // If two events share an id, the id alone means that the first is stored.
    let sharesId =
      kept.count > 1 && kept.suffix(2).allSatisfy { $0.position.eventId == position?.eventId }
    answered = min(answered, kept.endIndex - (sharesId ? 1 : 0))
  }
}
