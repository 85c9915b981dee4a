import EventPersistence
import Foundation

/// What the object of a batch is to hold where lines of the batch are held already.
///
/// The log's event counts, but where its JSON was made from another form: then a held line stays, which may be
/// the node's own JSON. A held line of an id that the batch does not have stays, too: the log may have lost it;
/// and so does a twin of the first event where nothing before it was read, since the log may begin between the
/// two. Where events were left out by selection, no held line is missing from the log for that. Whatever else is
/// held is not in `lines`.
struct BatchMerge {
  /// A line without its line feed, and the event that it is of; nil where it is of none.
  struct Line {
    var position: Position?
    var bytes: ArraySlice<UInt8>
  }

  /// In log order.
  private(set) var lines: [ArraySlice<UInt8>] = []
  /// Which of the batch's entries are stored as they come.
  private(set) var taken: [EventBatch.Entry] = []

  /// - Parameters:
  ///   - own: the lines of the batch's entries, in log order.
  ///   - held: lines from the batch's first id through its last, in log order.
  init(_ batch: EventBatch, own: [ArraySlice<UInt8>], held: [Line]) {
    let isWhole = batch.spanCount == batch.entries.count
    let ids = Set(batch.entries.map(\.position.eventId))
    let heldById = Dictionary(
      grouping: held.indices.filter { held[$0].position != nil }
    ) { held[$0].position!.eventId }
    var matched: Set<Int> = []
    var merged: [(id: UInt64, bytes: ArraySlice<UInt8>)] = []
    for (entry, line) in zip(batch.entries, own) {
      let match = heldById[entry.position.eventId]?.first {
        held[$0].position!.agrees(with: entry.position) && !matched.contains($0)
          && (!entry.isDerived || Self.isJSON(held[$0].bytes))
      }
      // All copies of it are this event.
      for index in heldById[entry.position.eventId] ?? []
      where held[index].position!.agrees(with: entry.position) { matched.insert(index) }
      if entry.isDerived, let match {
        merged.append((entry.position.eventId, held[match].bytes))
      } else {
        merged.append((entry.position.eventId, line))
        taken.append(entry)
      }
    }
    var border: [(id: UInt64, bytes: ArraySlice<UInt8>)] = []
    var extra: [(id: UInt64, bytes: ArraySlice<UInt8>)] = []
    var kept: Set<Position> = []
    let followsOn = batch.run?.followsOn ?? false
    for (index, line) in held.enumerated() {
      guard let position = line.position, !matched.contains(index), Self.isJSON(line.bytes),
        kept.insert(position).inserted
      else { continue }
      if position.eventId == batch.first.eventId, !followsOn {
        border.append((position.eventId, line.bytes))
      } else if !isWhole || !ids.contains(position.eventId) {
        extra.append((position.eventId, line.bytes))
      }
    }
    // A stable sort: of one id, what the log has comes behind the border, and before what it left out.
    let all = (border + merged + extra).enumerated().sorted {
      ($0.element.id, $0.offset) < ($1.element.id, $1.offset)
    }
    lines = all.map(\.element.bytes)
  }

  /// Whether all of a line is JSON: its position alone tells little of the rest.
  private static func isJSON(_ line: ArraySlice<UInt8>) -> Bool {
    (try? JSONSerialization.jsonObject(with: Data(line))) != nil
  }
}
