/// What a delivery does where the log has lost events.
extension Delivery {
  /// Whether the delivery continues although the log lost events: those before them are stored
  /// first, then the log is asked again; and those that were stored are passed over.
  mutating func passes(_ error: SourceError) -> Bool {
    guard error.isLoss else { return false }
    if hand == nil, let held = reading.flush() {
      reading.giveUpReader()
      hold(held)
      return true
    }
    let next: Position
    switch error.kind {
    case .gap(let ids): next = Position(eventId: ids.upperBound)
    case .damaged(let found?): next = found
    default: return false
    }
    guard let position, next.eventId <= position.eventId else { return pass(to: next) }
    // The next batch began before the lost events: what follows them is a batch of its own.
    guard reading.anchor.map({ $0.eventId < next.eventId }) ?? true else { return false }
    begin(at: next, known: position)
    return true
  }

  /// Continues with `next`, the first event after lost ones, if an operator ordered that.
  mutating func pass(to next: Position?) -> Bool {
    guard let next, let loss = stretch.accepts, next.agrees(with: loss.next) else { return false }
    if !hasPassed, let what = loss.what {
      notes.append("passes over \(what), and continues at \(next)")
    }
    hasPassed = true
    if let hand, hand.next.agrees(with: next) {
      state = .storing(hand)
    } else {
      begin(at: loss.next, known: nil)
    }
    return true
  }
}
