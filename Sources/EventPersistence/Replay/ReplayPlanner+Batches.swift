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
    var start = try await batchStart(of: from) ?? afterHole
    if let found = start { start = try await unbroken(found, through: from) }
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
      guard error.isLoss else { throw error }
      return nil
    }
  }

  /// `start`, or the first event after it from which everything through `end` can be read.
  private func unbroken(_ start: Position, through end: Position) async throws -> Position {
    var begin = start
    var reader = source.reader(from: .id(start.eventId))
    while true {
      let next: Position?
      do throws(SourceError) {
        let batch = try await reader.next(BatchLimits(), through: end)
        guard let batch, batch.last != end, batch.last.eventId < end.eventId else { return begin }
        continue
      } catch {
        guard error.isLoss else { throw error }
        guard let id = error.idAfterLoss else { return end }
        next = try await source.readable(.id(id))
      }
      guard let next, next.eventId > begin.eventId, next.eventId <= end.eventId else { return end }
      begin = next
      reader = source.reader(from: .id(next.eventId))
    }
  }

  /// The end of the sink's batch that contains `through`, but not after the checkpoint.
  func widened(
    through: Position, _ checkpoint: Position?, _ notes: inout [String]
  ) async throws -> Position {
    guard let rule = wholeRule, let checkpoint else { return through }
    let end: Position
    do throws(SourceError) {
      end = try await source.batch(around: through, rule).last ?? checkpoint
    } catch {
      // What follows in the batch is lost, or cannot be read.
      guard error.isLoss else { throw error }
      return through
    }
    let widest = end.eventId < checkpoint.eventId ? end : checkpoint
    guard widest.eventId > through.eventId else { return through }
    notes.append("ends at \(widest), the last event of the sink's batch that contains \(through)")
    return widest
  }
}
