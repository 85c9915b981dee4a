import Compression
import EventPersistence
import Foundation

/// The contents of one segment in memory, unpacked, with where its lines stand.
final class Segment {
  struct Line {
    /// Without the line feed.
    var range: Range<Int>
    /// Nil where it is not an event.
    var position: Position?
  }

  let name: SegmentName
  let lines: [Line]
  /// The highest id that it can hold: where the next segment begins.
  var idMax = UInt64.max
  /// Of its lines; nil for one that is damaged, or that has an id which cannot stand where it does: one of
  /// another segment, or one beyond the lines behind it. A changed digit would make all of those look past.
  private(set) lazy var positions: [Position?] = {
    let ids = lines.map { $0.position?.eventId }
    return lines.indices.map { index in
      guard let id = ids[index], id >= name.firstId, id <= idMax else { return nil }
      guard index + 1 < ids.count, let next = ids[index + 1], id > next else {
        return lines[index].position
      }
      let before = ids[..<index].last { $0 != nil } ?? nil
      return before ?? name.firstId <= next ? nil : lines[index].position
    }
  }()
  private let buffer: EventBuffer
  var byteCount: Int { buffer.count }
  /// Why it could not be unpacked; then it has no lines.
  let damage: String?

  /// A packed segment that claims to unpack to more is not believed.
  static let bytesMax = 1 << 30

  /// How many bytes behind the last line feed are no line.
  var tornBytes: Int { byteCount - (lines.last.map { $0.range.upperBound + 1 } ?? 0) }

  var bytes: UnsafeRawBufferPointer { buffer.bytes }

  init(_ name: SegmentName, path: String) throws(SinkError) {
    let file = try File(path, O_RDONLY)
    let size = Int(try file.status().st_size)
    self.name = name
    if path.hasSuffix(SegmentName.sealedSuffix) {
      let packed = try file.contents(size)
      do throws(CompressionError) {
        let bytes = try Compression.zstd.unpack(packed, limit: Self.bytesMax)
        let unpacked = EventBuffer(capacity: bytes.count)
        bytes.withUnsafeBytes { unpacked.append($0) }
        buffer = unpacked
        damage = nil
      } catch {
        buffer = EventBuffer(capacity: 0)
        damage = error.description
      }
    } else {
      // A region of its own, given back whole: the heap would keep as much for each size there was.
      buffer = EventBuffer(capacity: size)
      buffer.fill(try file.read(into: buffer.free, at: 0))
      damage = nil
    }
    let base = buffer.bytes.baseAddress!
    let byteCount = buffer.count
    var lines: [Line] = []
    var start = 0
    while start < byteCount, let end = memchr(base + start, 0x0A, byteCount - start) {
      let length = UnsafeRawPointer(end) - (base + start)
      let bytes = UnsafeRawBufferPointer(start: base + start, count: length)
      lines.append(Line(range: start..<start + length, position: Position(json: bytes)))
      start += length + 1
    }
    self.lines = lines
  }

  func bytes(_ line: Line) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: buffer.bytes[line.range])
  }

  /// The first line that is not an event, or that goes back in the log.
  var firstBadLine: Int? {
    var lastId: UInt64 = name.firstId
    for (index, line) in lines.enumerated() {
      guard let id = line.position?.eventId, id >= lastId else {
        return index
      }
      lastId = id
    }
    return nil
  }
}
