import CSimdjson
import EventPersistence
import Foundation

/// A piece of a file with at least one whole line, and the bytes just before it.
struct LineBlock {
  var buffer: EventBuffer
  /// The offset of the buffer's first byte in the file.
  var offset: UInt64
  /// Where the cursor's line begins in the buffer.
  var start: Int
}

extension FileSegment {
  /// About `wanted` bytes from `cursor` on, more if its line is longer; nil if no line feed
  /// follows.
  ///
  /// - Throws: `.changed` if the bytes before the cursor are not the same as before.
  func block(_ file: borrowing ReadOnlyFile, at cursor: SegmentCursor, wanted: Int)
    throws(SourceError) -> LineBlock?
  {
    guard cursor.place <= file.size else {
      throw SourceError(
        .changed,
        "\(path) became shorter: it has \(file.size) bytes, but \(cursor.place) were read already.")
    }
    let trail = cursor.trail.count
    let offset = cursor.place - UInt64(trail)
    guard file.size > max(cursor.place, cursor.searched) else { return nil }
    let rest = file.size - cursor.place
    var buffer = try file.buffer(at: offset, count: trail + Int(min(UInt64(wanted), rest)))
    guard buffer.count >= trail, buffer.bytes[..<trail].elementsEqual(cursor.trail) else {
      throw SourceError(.changed, "\(path) was overwritten while it was read.")
    }
    let filled = buffer.bytes[trail...]
    if hydra_last_feed(buffer.bytes.baseAddress! + trail, filled.count) < 0 {
      let searched = max(cursor.searched, cursor.place + UInt64(filled.count))
      let found = try firstFeed(file, from: searched)
      guard (found ?? file.size) - cursor.place <= UInt64(Self.lineBytesMax) else {
        throw tooLong(file, at: cursor, feed: found)
      }
      guard let feed = found else { return nil }
      buffer = try file.buffer(at: offset, count: trail + Int(feed + 1 - cursor.place))
      guard buffer.count == trail + Int(feed + 1 - cursor.place) else {
        throw SourceError(.changed, "\(path) became shorter while it was read.")
      }
    }
    return LineBlock(buffer: buffer, offset: offset, start: trail)
  }

  /// The offset of the first line feed at or after `from`, or nil if none follows. All of a line
  /// that is too long is read only once.
  func firstFeed(_ file: borrowing ReadOnlyFile, from: UInt64) throws(SourceError) -> UInt64? {
    var at = from
    var step = 16 << 10
    defer { longLines.note(from..<at, in: identity) }
    while at < file.size {
      let block = try file.buffer(at: at, count: step)
      guard block.count > 0 else { return nil }
      if let feed = memchr(block.bytes.baseAddress!, 0x0A, block.count) {
        return at + UInt64(UnsafeRawPointer(feed) - block.bytes.baseAddress!)
      }
      at = longLines.end(
        of: at + UInt64(block.count), in: identity, byteCount: file.size)
      step = min(step * 2, 1 << 20)
    }
    return nil
  }

  /// The offset of the last line feed before `end`, or nil if there is none.
  func lastFeed(_ file: borrowing ReadOnlyFile, before end: UInt64) throws(SourceError) -> UInt64? {
    var end = end
    let limit = end
    var step: UInt64 = 16 << 10
    while end > 0 {
      let start = end - min(step, end)
      let block = try file.buffer(at: start, count: Int(end - start))
      let feed = hydra_last_feed(block.bytes.baseAddress!, block.count)
      if feed >= 0 { return start + UInt64(feed) }
      end = start
      step = min(step * 2, 1 << 20)
      guard limit - end <= UInt64(Self.lineBytesMax) else { throw noEventInTail }
    }
    return nil
  }

  var noEventInTail: SourceError {
    SourceError(
      .damaged(next: nil),
      "\(path) has no whole event in its last 256 MiB: is it a hydra-node's log?")
  }

  /// The line at `cursor`, which ends at `feed`, is too long. Lines without ids that follow it cannot
  /// be counted.
  private func tooLong(
    _ file: borrowing ReadOnlyFile, at cursor: SegmentCursor, feed: UInt64?
  ) -> SourceError {
    var next: Position?
    if let feed {
      var after = SegmentCursor(place: feed + 1)
      after.bareId = cursor.bareId
      do throws(SourceError) {
        let read = try read(file, from: after, BatchLimits(events: 1, bytes: 16 << 10))
        if read.cursor.bareId == nil { next = read.batch?.first }
      } catch {
        // The next line is too long, too.
        if case .damaged(let further) = error.kind { next = further }
      }
    }
    return SourceError(
      .damaged(next: next),
      "\(path) has a line of more than 256 MiB at byte \(cursor.place), where an event was "
        + "expected: look at it with `tail -c +\(cursor.place + 1) \(path) | head -c 400`.")
  }
}
