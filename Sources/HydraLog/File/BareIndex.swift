import EventPersistence
import Synchronization

/// How many lines without ids stand before an offset, for files that begin with such lines.
final class BareIndex: Sendable {
  /// The id of the next line without one at an offset.
  struct Mark: Sendable, Hashable, Codable {
    var offset: UInt64
    var id: UInt64
  }

  private let marks = Mutex<[FileIdentity: [Mark]]>([:])

  /// The position of the last line, which ends at `end`, once all lines before it are counted.
  func position(ofLast position: Position, endingAt end: UInt64, in file: FileIdentity)
    -> Position?
  {
    guard let last = marks.withLock({ $0[file]?.last }), last.offset == end, last.id > 0 else {
      return nil
    }
    var position = position
    position.eventId = last.id - 1
    return position
  }

  /// The last mark whose id is `id` or lower, if the count has got as far as `id`.
  func mark(before id: UInt64, in file: FileIdentity) -> Mark? {
    marks.withLock { marks in
      guard let known = marks[file], let last = known.last, last.id >= id else {
        return id == 0 ? Mark(offset: 0, id: 0) : nil
      }
      return known.last { $0.id <= id }
    }
  }
}
