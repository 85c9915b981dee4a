package import EventPersistence

extension HydraHead {
  /// The Hydra Head after the event at `position`, from the events before it.
  ///
  /// Reads at most `eventsMax` events and about 8 MiB of them: what they do not say is nil, and so
  /// is the head if they say nothing about it.
  package static func asOf(
    _ position: Position, in source: any EventSource, eventsMax: Int = 20_000
  ) async throws(SourceError) -> HydraHead? {
    let bytesMax = 8 << 20
    var reach = UInt64(256)
    while true {
      let isWhole = position.eventId < reach
      let start: Start = isWhole ? .first : .id(position.eventId - reach)
      let (head, bytes) = try await fold(from: start, through: position, source, bytesMax: bytesMax)
      let isKnown =
        head.state != nil && head.id != nil && head.snapshotNumber != nil && head.parties != nil
      if isKnown || isWhole || bytes >= bytesMax || reach >= UInt64(eventsMax) {
        return head == HydraHead() ? nil : head
      }
      reach *= 8
    }
  }

  private static func fold(
    from start: Start, through position: Position, _ source: any EventSource, bytesMax: Int
  ) async throws(SourceError) -> (HydraHead, Int) {
    let reader = source.reader(from: start)
    var fold = HeadFold()
    var bytes = 0
    while let batch = try await reader.next(BatchLimits(), through: position) {
      for entry in batch.entries {
        guard entry.position.eventId <= position.eventId else { return (fold.result, bytes) }
        batch.withBytes(of: entry) { fold.take(entry.position, $0) }
        bytes += entry.length
        if entry.position == position { return (fold.result, bytes) }
      }
    }
    return (fold.result, bytes)
  }
}
