import Compression
import EventArchive
import EventPersistence

/// The end of a segment: which events come after everything that it holds, and where to write them.
struct SegmentTail {
  let name: SegmentName
  /// Nil if nothing can be added.
  let file: File?
  /// The frames of a packed one; nil if it is plain.
  private(set) var packed: ZstandardFile?
  private(set) var end: Int
  /// Where its synchronized bytes end, while others follow.
  private var synchronizedEnd: Int?
  /// The events of the last id in it, in log order.
  private(set) var sharedIds: [Position] = []
  /// Whether a line is no event, or one with a smaller id than the line before: nothing may be added after it.
  private var endsDamaged = false

  /// The most events of one id that are told apart.
  static let sharedIdsMax = 64

  /// The end of an existing segment; without a file, of one to which nothing can be added.
  init(of segment: Segment, _ file: File?) {
    name = segment.name
    self.file = file
    packed = segment.packed
    end = segment.end ?? 0
    let lastId = segment.lastPosition?.eventId
    sharedIds = segment.positions.compactMap(\.self).filter { $0.eventId == lastId }
    endsDamaged = segment.firstBadLine != nil
  }

  /// The end of a new segment.
  init(ofNew name: SegmentName, _ file: File, isPacked: Bool) {
    self.name = name
    self.file = file
    packed = isPacked ? ZstandardFile() : nil
    end = 0
  }

  /// The last event in it.
  var last: Position? { sharedIds.last }

  /// The index of the first entry that comes after everything that the segment holds, with all after it.
  func firstAfter(_ batch: EventBatch) -> Int {
    guard !endsDamaged else { return batch.entries.endIndex }
    return batch.entries.indices.first { isAfter(batch, $0) } ?? batch.entries.endIndex
  }

  private func isAfter(_ batch: EventBatch, _ index: Int) -> Bool {
    guard let last else { return true }
    let position = batch.entries[index].position
    guard position.eventId == last.eventId else { return position.eventId > last.eventId }
    guard !sharedIds.contains(where: { $0.agrees(with: position) }) else { return false }
    if isInTheWay(of: batch, index) { return false }
    // An event is missing before the held one of the same id if the batch has that one later.
    return !batch.entries[(index + 1)...].prefix { $0.position.eventId == last.eventId }
      .contains { entry in sharedIds.contains { $0.agrees(with: entry.position) } }
  }

  /// Whether one of `sharedIds` is not an event of the log, whose events of that id begin at
  /// `index`: it must be removed, not appended to.
  private func isInTheWay(of batch: EventBatch, _ index: Int) -> Bool {
    let entries = batch.entries
    // About unselected events, and those before the batch, nothing is known: the log may have lost
    // them.
    guard batch.spanCount == entries.count,
      index > entries.startIndex || batch.followsOn(at: index)
    else { return false }
    let own = entries[index...].prefix { $0.position.eventId == last?.eventId }
    return sharedIds.contains { shared in !own.contains { $0.position.agrees(with: shared) } }
  }

  /// Writes entries after the segment's end: to a plain one each adjacent run with one call, to a packed
  /// one all as one frame. They count once they are synchronized.
  ///
  /// - Parameter isLast: whether a packed segment is complete with them.
  mutating func append(
    _ batch: EventBatch, _ range: Range<Int>, isLast: Bool, _ packer: FramePacker?
  ) throws(SinkError) {
    guard let file else { preconditionFailure("nothing can be added to \(name.text)") }
    // What is torn was never reported as stored, and comes now.
    if try file.byteCount() > end { try file.truncate(to: end) }
    var (newEnd, newPacked) = (end, packed)
    do throws(SinkError) {
      if var frames = packed, let packer {
        try file.append(batch.lines(of: range), to: &frames, packer)
        if isLast { try file.close(&frames) }
        (newEnd, newPacked) = (frames.byteCount, frames)
      } else {
        for lines in batch.lines(of: range) {
          try file.write(lines, at: newEnd)
          newEnd += lines.count
        }
      }
    } catch {
      try? file.truncate(to: end)
      throw error
    }
    synchronizedEnd = synchronizedEnd ?? end
    (end, packed) = (newEnd, newPacked)
    for entry in batch.entries[range].suffix(Self.sharedIdsMax) {
      if last?.eventId != entry.position.eventId { sharedIds = [] }
      sharedIds.append(entry.position)
    }
  }

  /// Synchronizes what was appended.
  mutating func synchronize() throws(SinkError) {
    guard let file, let synchronizedEnd else { return }
    do throws(SinkError) {
      try file.sync()
      self.synchronizedEnd = nil
    } catch {
      // Events that were not synchronized may be lost although they can be read: they must come
      // again.
      try? file.truncate(to: synchronizedEnd)
      throw error
    }
  }
}
