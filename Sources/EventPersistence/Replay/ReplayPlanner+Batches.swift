/// A replay's ends, widened to the batches of the sink.
extension ReplayPlanner {
  /// The rule of a sink that stores whole batches.
  private var wholeRule: BatchRule? {
    let batching = configuration.sink.batching
    return batching.grouping == .whole ? batching.rule : nil
  }

  /// The beginning of the sink's batch that contains `from`; of twins, the first. Not before events
  /// that the log has lost.
  func widened(
    _ from: Position, _ survey: Survey, _ notes: inout [String]
  ) async throws -> Position {
    let hole = survey.missing.last { $0.through <= from.eventId }
    let afterHole = if let hole { try await source.locate(.id(hole.from)) } else { Position?.none }
    let start = try await batchStart(of: from) ?? afterHole
    let earliest = start.map { min($0.eventId, from.eventId) } ?? from.eventId
    // Twins are taken together, from the first of them.
    var widest = try await source.locate(.id(earliest)) ?? from
    if let hole, widest.eventId < hole.from { widest = afterHole ?? from }
    if let start, widest.eventId < from.eventId {
      // The log may have lost the beginning of the batch by now.
      let place = "the first event" + (widest.eventId == start.eventId ? "" : " that still exists")
      notes.append("begins at \(widest), \(place) of the sink's batch that contains \(from)")
    }
    return widest
  }

  /// Nil if the sink has no such batch, or if the log has lost its beginning.
  private func batchStart(of from: Position) async throws -> Position? {
    guard let rule = wholeRule else {
      return try await makeSink().batchStart(of: from)
    }
    do throws(SourceError) { return try await source.batch(around: from, rule).first } catch {
      guard case .gap = error.kind else { throw error }
      return nil
    }
  }

  /// The end of the sink's batch that contains `through`, but not after the checkpoint.
  func widened(
    through: Position, _ checkpoint: Position?, _ notes: inout [String]
  ) async throws -> Position {
    guard let rule = wholeRule, let checkpoint else { return through }
    let end = try await source.batch(around: through, rule).last ?? checkpoint
    let widest = end.eventId < checkpoint.eventId ? end : checkpoint
    guard widest.eventId > through.eventId else { return through }
    notes.append("ends at \(widest), the last event of the sink's batch that contains \(through)")
    return widest
  }
}
