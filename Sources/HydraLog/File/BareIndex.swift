import EventPersistence
import Synchronization

/// How many lines without ids come before an offset, for files that begin with such lines.
///
/// The events of an old release's log have no ids: the id is a running index. Finding an event by
/// its id, and the head's id, needs one count of the lines; marks in between make later searches
/// cheap.
final class BareIndex: Sendable {
  /// The id that a line without one would have at an offset.
  struct Mark: Sendable, Hashable, Codable {
    var offset: UInt64
    var id: UInt64

    static let start = Mark(offset: 0, id: 0)
  }

  /// The count of one file.
  struct Count: Sendable, Hashable, Codable {
    /// Ascending, at least `spacing` bytes apart.
    var marks: [Mark] = [.start]
    /// The end of the counted lines.
    var through = Mark.start
    var spacing: UInt64 = 1 << 20
    /// Whether an event with an id follows: there are no more lines without ids.
    var isEnded = false
  }

  /// The most marks of one file; beyond that, every other mark is dropped.
  private static let marksMax = 4096

  private let counts = Mutex<[FileIdentity: Count]>([:])

  func count(of file: FileIdentity) -> Count { counts.withLock { $0[file] ?? Count() } }

  /// A number that rises while lines are counted.
  var progress: UInt64 { counts.withLock { $0.values.reduce(0) { $0 &+ $1.through.offset } } }

  /// Adopts a count of an earlier process, unless it is invalid or this process has counted
  /// further.
  func restore(_ count: Count, of file: FileIdentity) {
    guard count.isSound else { return }
    counts.withLock { counts in
      if (counts[file] ?? Count()).through.offset < count.through.offset { counts[file] = count }
    }
  }

  func forget(_ file: FileIdentity) { counts.withLock { $0[file] = nil } }

  /// Discards the count of a file that has become shorter than the counted part.
  func check(_ file: FileIdentity, byteCount: UInt64) {
    counts.withLock { counts in
      if let count = counts[file], count.through.offset > byteCount { counts[file] = nil }
    }
  }

  /// Adds the result of a read from one cursor to another, if it begins where the count ends.
  func note(from: SegmentCursor, to: SegmentCursor, in file: FileIdentity) {
    guard from.place == 0 || from.bareId != nil, to.skip == 0 else { return }
    counts.withLock { counts in
      var count = counts[file] ?? Count()
      guard count.through.offset == from.place, !count.isEnded else { return }
      if let id = to.bareId {
        count.add(Mark(offset: to.place, id: id), marksMax: Self.marksMax)
      } else {
        count.isEnded = true
      }
      counts[file] = count
    }
  }

  /// The position of the last event, a line without an id that ends at `end`, once it is counted.
  func position(ofLast position: Position, endingAt end: UInt64, in file: FileIdentity)
    -> Position?
  {
    let through = count(of: file).through
    guard through.offset >= end, through.id > 0 else { return nil }
    var position = position
    position.eventId = through.id - 1
    return position
  }

  /// The last mark whose id is `id` or lower, if the count has got as far as `id`.
  func mark(before id: UInt64, in file: FileIdentity) -> Mark? {
    let count = count(of: file)
    guard count.through.id >= id else { return nil }
    return count.marks.last { $0.id <= id }
  }
}

extension BareIndex.Count {
  /// A count from a file can be anything.
  fileprivate var isSound: Bool {
    // Each line has more bytes than one.
    let rises = zip(marks, marks.dropFirst()).allSatisfy { $0.offset < $1.offset && $0.id <= $1.id }
    guard rises, marks.first == .start, let last = marks.last else { return false }
    return last.offset <= through.offset && last.id <= through.id && through.id <= through.offset
      && (1 << 20...1 << 60).contains(spacing) && through.offset < 1 << 62
  }

  fileprivate mutating func add(_ mark: BareIndex.Mark, marksMax: Int) {
    precondition(mark.offset >= through.offset, "a count continues at its end")
    through = mark
    guard mark.offset >= marks[marks.count - 1].offset + spacing else { return }
    marks.append(mark)
    guard marks.count > marksMax else { return }
    marks = marks.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
    spacing *= 2
  }
}
