/// What a replay cannot deliver.
extension ReplayPlanner {
  /// Lost events, in words.
  func lost(_ ids: ClosedRange<UInt64>) -> String {
    "\(Divergence.events(ids)), which \(Divergence.holders(history))"
  }

  func absence(of target: ReplayRequest.Target, _ status: PositionStatus) -> String {
    "there is no event at \(target) or after it, " + latestBeginning(status) + clampNote
  }

  func latestBeginning(_ status: PositionStatus) -> String {
    status.next.map { "so a replay can begin at \($0) at the latest" }
      ?? "and the node has not written the next event yet"
  }

  var clampNote: String {
    request.clamp ? ". --clamp moves a beginning only to events that still exist" : ""
  }

  /// Where a replay that would begin at `from` and deliver `end`, which is stored, begins.
  ///
  /// - Throws: a refusal if the log has lost events between the two, unless the request clamps: the
  ///   delivery would stop there, before the events after them.
  func beyondHoles(
    from: Position, before end: Position, _ survey: Survey, _ notes: inout [String]
  ) async throws -> Position {
    let crossed = survey.missing.last { hole in
      from.eventId < hole.from && hole.through <= end.eventId
    }
    guard let hole = crossed, let next = try await source.locate(.id(hole.from)) else {
      return from
    }
    let events = Divergence.events(hole.from...hole.through)
    guard request.clamp else {
      throw Refused(
        sentence:
          "\(Divergence.holders(history)) \(events), which lie between \(from) and \(end): a "
          + "replay cannot pass them. Bring the archive back, or begin after them, at \(next): "
          + "--from \(next.eventId), or add --clamp")
    }
    notes.append(
      "begins at \(next), after \(lost(hole.from...hole.through)), instead of \(request.from!)")
    return next
  }

  /// Notes where a delivery from `from` to the head stops, because the log has lost what follows.
  func noteEnd(at survey: Survey, after from: Position?, _ notes: inout [String]) {
    guard
      let hole = survey.missing.first(where: { hole in from.map { $0.eventId < hole.from } ?? false
      })
    else { return }
    notes.append(
      "stops before \(lost(hole.from...hole.through))")
  }
}
