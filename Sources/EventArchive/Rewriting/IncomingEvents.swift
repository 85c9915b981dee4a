public import EventPersistence

/// Events of one batch that come to an archive which may hold some of them already.
public struct IncomingEvents: Sendable {
  let entries: ArraySlice<EventBatch.Entry>
  /// As they would be stored: one for each entry.
  let lines: [ArchiveLine]

  /// The first event of their batch, among these or before them.
  let batchFirst: Position
  /// The first event that the log has of the stretch that comes, selected or not.
  let first: Position
  /// The last one.
  let last: Position
  /// Whether these are all events that the log has from the first through the last.
  let isWhole: Bool
  /// Whether the log has no other event of the first one's id before that.
  let followsOn: Bool
  /// Whether the log has no other event of the last one's id after that.
  let endsId: Bool

  /// - Parameters:
  ///   - range: the indices of those entries of `batch` that come, one at least; by default all of them.
  ///   - lines: what is stored of each of these; by default its JSON.
  public init(_ batch: EventBatch, _ range: Range<Int>? = nil, lines: [ArchiveLine]? = nil) {
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

  /// Whether the log may have lost, or not yet given, an event of `id` beside those that it has of it.
  func mayLackEvents(of id: UInt64) -> Bool {
    !isWhole || id == first.eventId && !followsOn || id == last.eventId && !endsId
  }
}
