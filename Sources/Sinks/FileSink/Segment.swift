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
  private let base: UnsafeMutableRawPointer
  let byteCount: Int
  /// Why it could not be unpacked; then it has no lines.
  let damage: String?

  /// A packed segment that claims to unpack to more is not believed.
  static let bytesMax = 1 << 30

  /// How many bytes behind the last line feed are no line.
  var tornBytes: Int { byteCount - (lines.last.map { $0.range.upperBound + 1 } ?? 0) }

  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: byteCount) }

  deinit { base.deallocate() }

  init(_ name: SegmentName, path: String) throws(SinkError) {
    let file = try File(path, O_RDONLY)
    let size = Int(try file.status().st_size)
    self.name = name
    var bytes = try file.contents(size)
    var damage: String?
    if path.hasSuffix(SegmentName.sealedSuffix) {
      do throws(CompressionError) {
        bytes = try Compression.zstd.unpack(bytes, limit: Self.bytesMax)
      } catch {
        damage = error.description
        bytes = []
      }
    }
    self.damage = damage
    byteCount = bytes.count
    let copy = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(1, bytes.count), alignment: 16)
    copy.copyBytes(from: bytes)
    base = copy.baseAddress!
    var lines: [Line] = []
    var start = 0
    while start < byteCount, let end = memchr(base + start, 0x0A, byteCount - start) {
      let length = end - (base + start)
      let bytes = UnsafeRawBufferPointer(start: base + start, count: length)
      lines.append(Line(range: start..<start + length, position: Position(json: bytes)))
      start += length + 1
    }
    self.lines = lines
  }

  func bytes(_ line: Line) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: base + line.range.lowerBound, count: line.range.count)
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
