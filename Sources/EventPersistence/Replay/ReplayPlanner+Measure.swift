extension ReplayPlanner {
  /// Completes `plan`: how much it delivers, and how long that takes.
  ///
  /// - Parameter rate: in events per second; nil: not known.
  func measure(
    _ plan: inout ReplayPlan, _ from: Position, _ through: Position, _ stored: Stored, rate: Double?
  ) async throws {
    let extent = try await source.extent(from: from, through: through)
    plan.events = extent.events
    plan.bytes = extent.bytes
    plan.parts = extent.parts
    plan.firstTime = extent.firstTime
    plan.lastTime = extent.lastTime
    plan.clockSteps = try await clockSteps(within: extent)
    for step in plan.clockSteps.prefix(3) {
      plan.notes.append(
        "the node's clock was set back at event \(step.eventId), from \(step.from) to \(step.to): "
          + "the events of the times between are in two places")
    }
    plan.alreadyStored = try await alreadyStored(stored, from, through)
    guard let rate else { return }
    plan.estimatedSeconds = Double(plan.events) / min(rate, request.maxRate ?? rate)
  }

  private func alreadyStored(
    _ stored: Stored, _ from: Position, _ through: Position
  ) async throws -> UInt64? {
    guard case .through(let last) = stored else { return nil }
    guard let last, from.eventId <= last.eventId else { return 0 }
    let end = last.eventId < through.eventId ? last : through
    let events = try await source.extent(from: from, through: end).events
    guard let countHeld = configuration.countHeld else { return events }
    return await countHeld(from.eventId...end.eventId, events)
  }

  /// Where the log's times fall within those of `extent`: there, a time does not name one place.
  private func clockSteps(within extent: Extent) async throws -> [ClockStep] {
    guard [request.from, request.through].contains(where: { $0?.isTime ?? false }),
      let first = extent.firstTime, let last = extent.lastTime
    else { return [] }
    return try await source.clockSteps().filter { $0.from >= first && $0.to <= last }
  }
}
