package import EventPersistence

/// Events of one batch that come to an archive which may already hold some of them.
package struct IncomingEvents: Sendable {
  let entries: ArraySlice<EventBatch.Entry>
  /// The lines to store: one for each entry.
  let lines: [ArchiveLine]

  /// The first event of their batch; it may be earlier than these.
  let batchFirst: Position
  /// The first event of the log in the incoming stretch, selected or not.
  let first: Position
  /// The last one.
  let last: Position
  /// Whether these are all events of the log from the first through the last.
  let isWhole: Bool
  /// Whether the log has no earlier event with the first one's id.
  let followsOn: Bool
  /// Whether the log has no later event with the last one's id.
  let endsId: Bool

  /// - Parameters:
  ///   - range: the indices of the entries of `batch` that come, at least one; by default all.
  ///   - lines: the line to store for each of these; by default its JSON.
  package init(_ batch: EventBatch, _ range: Range<Int>? = nil, lines: [ArchiveLine]? = nil) {
    let entries = batch.entries[range ?? batch.entries.indices]
    self.entries = entries
    self.lines = lines ?? entries.map { ArchiveLine($0, of: batch) }
    precondition(self.lines.count == entries.count, "a line for each event")
    batchFirst = batch.run?.first ?? batch.first
    first = range.map { batch.entries[$0.lowerBound].position } ?? batch.first
    last = range.map { batch.entries[$0.upperBound - 1].position } ?? batch.last
    isWhole = batch.spanCount == batch.entries.count
    followsOn = !entries.isEmpty && batch.followsOn(at: entries.startIndex)
    endsId = entries.endIndex == batch.entries.endIndex && batch.run?.endsId ?? false
  }

  func entry(at index: Int) -> EventBatch.Entry { entries[entries.startIndex + index] }

  /// Whether the log may have lost, or not yet returned, another event of `id`.
  func mayLackEvents(of id: UInt64) -> Bool {
    !isWhole || id == first.eventId && !followsOn || id == last.eventId && !endsId
  }
}
