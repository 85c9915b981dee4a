import EventPersistence

/// The segments of an archive for reading: it takes no lock, and a driver may store there
/// meanwhile.
struct StoredSegments {
  let folder: String
  let list: SegmentList

  /// - Parameter path: of the archive, which need not exist.
  init(_ path: String) throws(SinkError) {
    folder = "\(path)/events"
    list = try Folder.exists(folder) ? try SegmentList(in: folder) : SegmentList()
  }

  private func file(_ entry: SegmentList.Entry) -> String { "\(folder)/\(entry.fileName)" }

  /// The first event of the segment that `position` is in. Reads names and one segment.
  func segmentStart(of position: Position) throws(SinkError) -> Position? {
    let entries = list.entries
    guard let index = entries.lastIndex(where: { $0.name.firstId <= position.eventId }) else {
      return nil
    }
    let name = entries[index].name
    let first = try first(entries[index])
    // The event may also be in the segment before, if that ends with the position's id.
    if name.ordinal > 0, name.firstId == position.eventId, index > 0, let first,
      !first.agrees(with: position)
    {
      return try self.first(entries[index - 1])
    }
    return first
  }

  /// The last event with an id below `id`. Reads one segment.
  func position(before id: UInt64) throws(SinkError) -> Position? {
    for entry in list.entries.reversed() where entry.name.firstId < id {
      let segment = try Segment(entry.name, path: file(entry), span: list.span(of: entry.name))
      let last = segment.positions.last { $0.map { $0.eventId < id } ?? false }
      if let last { return last }
    }
    return nil
  }

  private func first(_ entry: SegmentList.Entry) throws(SinkError) -> Position? {
    guard entry.isPacked else { return try Segment.first(file(entry)) }
    return try Segment(entry.name, path: file(entry)).positions.first ?? nil
  }
}
