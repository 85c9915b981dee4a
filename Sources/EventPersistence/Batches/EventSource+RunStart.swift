extension EventSource {
  /// An event at or before `position` that begins a run of `rule`: the last one, or an earlier one
  /// if the node's clock was set.
  ///
  /// A bisection finds it in a few dozen looks, because times rise. If the clock was set, the event
  /// found may not begin a run, or may come after the position. Then the log is read backwards, in
  /// stretches each four times as long as the one before, until a run begins in one of them.
  func runStart(of position: Position, _ rule: BatchRule) async throws(SourceError) -> Position {
    guard let first = try await firstReadable(), first != position else { return position }
    let run = rule.run(of: position)
    let guess: Position?
    switch run {
    case .interval: guess = try await locate(near: rule.span(of: run)!.lowerBound)
    case .ids(let number): guess = try await locate(.id(number * UInt64(rule.maxEvents)))
    }
    if let guess, guess == position || guess.eventId < position.eventId {
      guard let before = try await predecessor(of: guess) else { return guess }
      if rule.run(of: before) != rule.run(of: guess) { return guess }
    }
    var distance: UInt64 = 4096
    while true {
      let isAll = position.eventId < first.eventId || position.eventId - first.eventId < distance
      let start = isAll ? first.eventId : position.eventId - distance
      if let found = try await lastRunStart(from: start, through: position, rule) { return found }
      if isAll { return first }
      distance = distance > .max / 4 ? .max : distance * 4
    }
  }

  /// The last event after the first that begins a run.
  private func lastRunStart(
    from id: UInt64, through position: Position, _ rule: BatchRule
  ) async throws(SourceError) -> Position? {
    let reader = reader(from: .id(id))
    var run: BatchRule.Run?
    var found: Position?
    while let batch = try await reader.next(BatchLimits(), through: position) {
      for entry in batch.entries {
        let next = rule.run(of: entry.position)
        if let run, next != run { found = entry.position }
        run = next
      }
    }
    return found
  }

  /// Both ends of the batch that contains `position`. The last one is nil if the log's head may not
  /// be its end. Reads the log from the beginning of its run.
  func batch(
    around position: Position, _ rule: BatchRule
  ) async throws(SourceError) -> (first: Position, last: Position?) {
    let anchor = try await runStart(of: position, rule)
    let reader = reader(from: .id(anchor.eventId))
    var filling = BatchRule.Filling()
    var isCounting = false
    var first: Position?
    while let batch = try await reader.next(BatchLimits(), through: nil) {
      for entry in batch.entries {
        isCounting = isCounting || entry.position == anchor
        let last = filling.last
        guard isCounting else {
          filling.pass(entry.position)
          continue
        }
        let begins = rule.begins(entry.position, bytes: entry.length + 1, &filling)
        if let first, begins { return (first, last) }
        if first == nil {
          if entry.position == position {
            first = filling.first
          } else if entry.position.eventId > position.eventId {
            throw SourceError(.changed, "the event \(position) is no longer in the log")
          }
        }
      }
    }
    guard let first else {
      throw SourceError(.changed, "the event \(position) is no longer in the log")
    }
    return (first, nil)
  }
}
