/// A plan to begin the next generation.
extension ReplayPlanner {
  /// The whole log, as the next generation, because the operator says so.
  func ordered(_ checkpoint: Position?, _ status: PositionStatus, _ survey: Survey) throws
    -> Ends
  {
    guard let checkpoint else {
      throw Refused(sentence: "nothing is stored yet, so there is no generation before this one")
    }
    // Without a time, another log can have such an event, too.
    guard status.match != .found || checkpoint.time == nil else {
      throw Refused(
        sentence: "the primary has the event \(checkpoint) that is stored last: it is the log that "
          + "is stored, and no new one")
    }
    var ends = try newLog(survey)
    ends.notes = ["it is not proven that the primary is another log than the one that is stored"]
    return ends
  }

  /// The whole log, as the next generation.
  func newLog(_ survey: Survey) throws -> Ends {
    let generation = try folder.readBinding()?.generation ?? 1
    guard UInt64(generation) < Position.idMax else {
      throw Refused(sentence: "generation \(generation) has no successor")
    }
    guard request.through == nil, request.from.map({ $0 == .checkpoint || $0 == .start }) ?? true
    else {
      throw Refused(sentence: Divergence.sentence(ofNewLogFor: folder.argument, generation))
    }
    return Ends(
      kind: .newLog, from: survey.first, through: survey.head, generation: generation + 1,
      stored: .through(nil),
      notes: [
        "the primary is another log than the one that is stored: they agree on no event"
      ])
  }
}
