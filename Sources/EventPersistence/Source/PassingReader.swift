/// Reads what can be read of a log, past what is lost or damaged, and says where that is.
///
/// For whoever looks at a log. A delivery stops there instead, until an operator orders it to go on.
package struct PassingReader: Sendable {
  /// The next events, and what precedes some of them.
  package struct Part: Sendable {
    package var batch: EventBatch
    /// Why events right before the one with this id cannot be read.
    package var losses: [UInt64: String]
  }

  private let source: any EventSource
  private var reader: any EventReader
  /// What is lost before the next event.
  private var pending: String?
  private var resumedAt: UInt64?
  /// Why nothing after the last event can be read; nil if nothing is known to be there.
  package private(set) var endLoss: String?

  package init(_ source: any EventSource, from start: Start) {
    self.source = source
    reader = source.reader(from: start)
  }

  /// The next events that can be read; nil after the last of them.
  ///
  /// - Throws: what is neither a loss nor damage.
  package mutating func next(
    _ limits: BatchLimits, through: Position?
  ) async throws(SourceError) -> Part? {
    while true {
      let batch: EventBatch?
      do throws(SourceError) { batch = try await reader.next(limits, through: through) } catch {
        guard try passes(error) else { return nil }
        continue
      }
      var losses: [UInt64: String] = [:]
      for stretch in await reader.tornStretches() {
        if let before = stretch.before { losses[before] = stretch.place }
      }
      guard let batch else { return nil }
      if let loss = pending { losses[batch.first.eventId] = loss }
      pending = nil
      return Part(batch: batch, losses: losses)
    }
  }

  /// Goes on after `error`; false if nothing follows.
  private mutating func passes(_ error: SourceError) throws(SourceError) -> Bool {
    guard error.isLoss else { throw error }
    guard let next = error.idAfterLoss else {
      endLoss = error.message
      return false
    }
    if let resumedAt, next <= resumedAt { throw error }
    resumedAt = next
    pending = error.message
    reader = source.reader(from: .id(next))
    return true
  }
}

extension EventSource {
  /// The first event at or after `start` that can be read; nil if there is none.
  package func readable(_ start: Start) async throws(SourceError) -> Position? {
    do throws(SourceError) { return try await locate(start) } catch {
      switch error.kind {
      case .damaged(let next): return next
      case .gap(let ids): return try await readable(.id(ids.upperBound))
      case .missing, .ambiguous, .unreadable, .unsupported, .changed, .diverged: throw error
      }
    }
  }

  /// The last event that can be read, where the log's end cannot: by bisection on ids, in a few
  /// dozen looks. Nil if none can.
  package func lastReadable() async throws(SourceError) -> Position? {
    guard var last = try await readable(.first) else { return nil }
    var step: UInt64 = 1
    while step < Position.idMax {
      guard let next = try await readable(.id(last.eventId + step)), next.eventId > last.eventId
      else { break }
      last = next
      step *= 2
    }
    while step > 1 {
      step /= 2
      let next = try await readable(.id(last.eventId + step))
      if let next, next.eventId > last.eventId { last = next }
    }
    return last
  }
}
