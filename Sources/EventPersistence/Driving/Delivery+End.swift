/// What a delivery does where the log ends.
extension Delivery {
  /// There is nothing more to read for now.
  mutating func reachedEnd(at turn: Turn) {
    let dueAt = reading.assembler.dueAt
    if isLogInDoubt, dueAt == nil, position != nil {
      // It changed, and nothing new can be read: it may have lost its end, or be another log.
      state = .verifying(nil)
      return
    }
    if let dueAt, dueAt <= turn.now, let held = reading.flush() {
      hold(held)
    } else if dueAt != nil, !stretch.leavesOpen {
      state = .atHead
      announceWait()
    } else if stretch.bound == .none {
      state = .atHead
      if isAtRest { recovery.endAtRest() }
    } else {
      if dueAt != nil, let first = reading.assembler.batchFirst {
        notes.append(
          "the batch that begins at \(first) may still grow, so the replay leaves it to the normal "
            + "delivery")
      }
      state = .finished
    }
  }

  private mutating func announceWait() {
    guard stretch.bound != .none, announcesWait, let first = reading.assembler.batchFirst else {
      return
    }
    announcesWait = false
    notes.append(
      "waits to store the batch that begins at \(first), because it may still grow: until an event "
        + "of the next batch arrives, or until its interval "
        + "(\(stretch.batching.rule!.interval)) and grace (\(stretch.batching.grace)) have passed")
  }
}
