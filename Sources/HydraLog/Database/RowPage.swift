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
    /// Of a row of CBOR that is not needed, what its beginning tells; its bytes are not here.
    var beginning: Position?
  }

  private(set) var rows: [Row] = []
  /// Nil if there is no row.
  private(set) var buffer: EventBuffer?
  /// The row for which there was no room, as it is stored.
  private(set) var following: EventBatch.Following?

  /// The rows of `statement` (id, bytes, number of bytes), at most `limits`, but at least one if
  /// there is one; fewer before a damaged page, or if reading takes longer than a writer's
  /// checkpoint should have to wait.
  init(_ statement: borrowing SQLiteStatement, _ limits: BatchLimits) throws(SQLiteFailure) {
    let clock = ContinuousClock()
    let end = clock.now.advanced(by: Self.durationMax)
    let needed = limits.tags.map { NeededTags($0) }
    // The last row that was passed over.
    var passed: Row?
    defer {
      if let passed { rows.append(passed) }
      trim()
    }
    var steps = 0
    while rows.count < max(1, limits.events),
      try statement.step(unlessDamagedAfter: steps)
    {
      steps += 1
      let bytes = try statement.bytes(1)
      let target = buffer ?? EventBuffer(capacity: max(limits.bytes, bytes.count + 1))
      let id = statement.integer(0)
      guard bytes.count < target.capacity - target.count else {
        following = EventBatch.Following(eventId: UInt64(clamping: id), length: bytes.count)
        break
      }
      precondition(
        (passed ?? rows.last).map { $0.id < id } ?? true, "rows come in the order of their key")
      buffer = target
      if let needed, let beginning = CBORRow.beginning(of: bytes, unlessOf: needed) {
        let row = Row(
          id: id, offset: target.count, length: 0, storedLength: bytes.count,
          beginning: beginning)
        // A segment is recognized by its first event.
        if rows.isEmpty { rows.append(row) } else { passed = row }
        if steps % Self.stepsAlike == 0, clock.now >= end { break }
        continue
      }
      passed = nil
      rows.append(
        Row(
          id: id, offset: target.count, length: bytes.count,
          storedLength: Int(statement.integer(2))))
      Self.append(bytes, to: target)
      target.append(byte: 0x0A)
      if steps % Self.stepsAlike == 0 || bytes.count > 64 << 10, clock.now >= end { break }
    }
  }

  /// How many small rows are read between two looks at the clock.
  private static let stepsAlike = 16

  /// A sink stores a row as one line. JSON can have line feeds only between tokens, where a space
  /// means the same.
  private static func append(_ bytes: UnsafeRawBufferPointer, to buffer: EventBuffer) {
    let free = buffer.free
    free.copyMemory(from: bytes)
    if RowForm(bytes) == .json, let base = free.baseAddress {
      var rest = base
      let end = base + bytes.count
      while let feed = memchr(rest, 0x0A, end - rest) {
        feed.storeBytes(of: UInt8(ascii: " "), as: UInt8.self)
        rest = feed
      }
    }
    buffer.fill(bytes.count)
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
