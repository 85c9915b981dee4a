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
      guard let feed = try firstFeed(file, from: searched, lineStart: cursor.place) else {
        return nil
      }
      buffer = try file.buffer(at: offset, count: trail + Int(feed + 1 - cursor.place))
      guard buffer.count == trail + Int(feed + 1 - cursor.place) else {
        throw SourceError(.changed, "\(path) became shorter while it was read.")
      }
    }
    return LineBlock(buffer: buffer, offset: offset, start: trail)
  }

  /// The offset of the first line feed at or after `from`, or nil if none follows.
  ///
  /// - Throws: `.damaged` if the line that began at `lineStart` is too long.
  func firstFeed(_ file: borrowing ReadOnlyFile, from: UInt64, lineStart: UInt64)
    throws(SourceError) -> UInt64?
  {
    var at = from
    var step = 16 << 10
    while at < file.size {
      let block = try file.buffer(at: at, count: step)
      guard block.count > 0 else { return nil }
      if let feed = memchr(block.bytes.baseAddress!, 0x0A, block.count) {
        return at + UInt64(UnsafeRawPointer(feed) - block.bytes.baseAddress!)
      }
      at += UInt64(block.count)
      step = min(step * 2, 1 << 20)
      guard at - lineStart <= UInt64(Self.lineBytesMax) else { throw tooLong(at: lineStart) }
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
      guard limit - end <= UInt64(Self.lineBytesMax) else { throw tooLong(at: end) }
    }
    return nil
  }

  private func tooLong(at offset: UInt64) -> SourceError {
    SourceError(
      .damaged,
      "\(path) has a line of more than 256 MiB at byte \(offset), where an event was expected: "
        + "look at it with `tail -c +\(offset + 1) \(path) | head -c 400`.")
  }
}
