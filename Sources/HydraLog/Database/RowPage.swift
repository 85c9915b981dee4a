internal import EventPersistence
internal import Foundation
internal import SQLite

/// Consecutive rows of a database as they are stored, each followed by a line feed, in one buffer.
struct RowPage: Sendable {
  struct Row: Sendable, Hashable {
    var id: Int64
    var offset: Int
    /// Without the line feed.
    var length: Int
    /// More than `length` where the row is too large to be read.
    var storedLength: Int
  }

  private(set) var rows: [Row] = []
  /// By their ids the rows of CBOR that are not needed, and what their beginnings tell; their bytes are
  /// not here. They are the first and the last row at most.
  private(set) var beginnings: [Int64: Position] = [:]
  /// Whether one is of CBOR.
  private(set) var hasCBOR = false
  /// Nil if there is no row.
  private(set) var buffer: EventBuffer?
  /// The row for which there was no room, as it is stored.
  private(set) var following: EventBatch.Following?
  /// The cursor after the last row, with a trail; nil if there is none.
  private(set) var end: SegmentCursor?
  /// Whether the statement has no further row.
  private(set) var isLast = false

  /// The rows of `statement` (id, and bytes or their number) whose ids are `from` or higher: the row before
  /// them is passed over. At most `limits`, but at least one if there is one; fewer before a damaged page,
  /// or if reading takes longer than a writer's checkpoint should have to wait.
  init(
    _ statement: borrowing SQLiteStatement, from: Int64, _ limits: BatchLimits
  ) throws(SQLiteFailure) {
    let clock = ContinuousClock()
    let deadline = clock.now.advanced(by: Self.durationMax)
    let needed = limits.tags.map { NeededTags($0) }
    // The last row that was passed over, the end of its bytes, and what all of them count for.
    var passed: (row: Row, beginning: Position)?
    var tail: [UInt8] = []
    var passedBytes = 0
    defer {
      if let passed { append(passed.row, passed.beginning) }
      setEnd(tail, passedBytes)
      trim()
    }
    var steps = 0
    var idMin = from
    while rows.count < max(1, limits.events), passedBytes < max(1, limits.bytes) {
      guard try statement.step(unlessDamagedAfter: steps) else {
        isLast = true
        return
      }
      let id = statement.integer(0)
      if id == from - 1, idMin == from, steps == 0 { continue }
      // SQLite takes the zeros where a file was cut off within a page for rows with the id 0.
      guard id >= idMin else {
        guard steps > 0 else { throw .corrupt("row \(id) stands where \(from) or later must") }
        isLast = true
        return
      }
      idMin = id == .max ? id : id + 1
      steps += 1
      let isTooLarge = statement.isInteger(1)
      let bytes = isTooLarge ? Self.nothing : try statement.bytes(1)
      let target = buffer ?? EventBuffer(capacity: max(limits.bytes, bytes.count + 1))
      guard bytes.count < target.capacity - target.count else {
        following = EventBatch.Following(eventId: UInt64(clamping: id), length: bytes.count)
        return
      }
      buffer = target
      if let needed, let beginning = CBORRow.beginning(of: bytes, unlessOf: needed) {
        let row = Row(id: id, offset: target.count, length: 0, storedLength: bytes.count)
        // A segment is recognized by its first event.
        if rows.isEmpty { append(row, beginning) } else { passed = (row, beginning) }
        passedBytes += bytes.count / Self.passedShare
        tail.replaceSubrange(0..., with: bytes.suffix(Self.trailBytes))
        if steps % Self.stepsAlike == 0, clock.now >= deadline { return }
        continue
      }
      passed = nil
      rows.append(
        Row(
          id: id, offset: target.count, length: bytes.count,
          storedLength: isTooLarge ? Int(statement.integer(1)) : bytes.count))
      append(bytes, to: target)
      if steps % Self.stepsAlike == 0 || bytes.count > 64 << 10, clock.now >= deadline { return }
    }
  }

  private mutating func append(_ row: Row, _ beginning: Position) {
    rows.append(row)
    beginnings[row.id] = beginning
    hasCBOR = true
  }

  private mutating func setEnd(_ tail: [UInt8], _ passedBytes: Int) {
    guard let first = rows.first, let last = rows.last else { return }
    var end = SegmentCursor(place: UInt64(clamping: last.id) + 1)
    end.trail = last.length > 0 ? Self.trail(of: bytes(of: last)) : tail
    let ids = last.id - first.id + 1
    end.bytesAnEvent = ((buffer?.count ?? 0) + passedBytes) / Int(ids) + 1
    self.end = end
  }

  /// The end of a row, in which its time is, to be compared.
  private static func trail(of row: UnsafeRawBufferPointer) -> [UInt8] {
    [UInt8](row.suffix(trailBytes))
  }

  /// The end of the next row of `statement`; nil if there is none.
  static func trail(of statement: borrowing SQLiteStatement) throws(SQLiteFailure) -> [UInt8]? {
    try statement.step() ? trail(of: try statement.bytes(1)) : nil
  }

  private static let trailBytes = 64

  private static var nothing: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: nil, count: 0)
  }

  /// A row that is passed over counts for this part of its bytes: it takes no memory, but time.
  private static let passedShare = 4

  /// How many small rows are read between two looks at the clock.
  private static let stepsAlike = 16

  /// A sink stores a row as one line. JSON can have line feeds only between tokens, where a space
  /// means the same.
  private mutating func append(_ bytes: UnsafeRawBufferPointer, to buffer: EventBuffer) {
    let free = buffer.free
    free.copyMemory(from: bytes)
    switch RowForm(bytes) {
    case .json:
      var rest = free.baseAddress!
      let end = rest + bytes.count
      while let feed = memchr(rest, 0x0A, end - rest) {
        feed.storeBytes(of: UInt8(ascii: " "), as: UInt8.self)
        rest = feed
      }
    case .cbor: hasCBOR = true
    case nil: break
    }
    free[bytes.count] = 0x0A
    buffer.fill(bytes.count + 1)
  }

  private static let durationMax = Duration.milliseconds(200)

  /// A few events at the tail must not keep a whole batch's memory while they are shown.
  private mutating func trim() {
    guard let full = buffer, full.count < full.capacity / 2 else { return }
    let small = EventBuffer(capacity: full.count)
    small.append(full.bytes)
    buffer = small
  }

  /// The stored bytes of `row`.
  func bytes(of row: Row) -> UnsafeRawBufferPointer {
    guard let buffer else { return UnsafeRawBufferPointer(start: nil, count: 0) }
    return UnsafeRawBufferPointer(rebasing: buffer.bytes[row.offset..<row.offset + row.length])
  }
}
