import EventPersistence
import Foundation

/// The contents of one segment in memory, with where its lines stand.
final class Segment {
  struct Line {
    /// Without the line feed.
    var range: Range<Int>
    /// Nil where it is not an event.
    var position: Position?
  }

  let name: SegmentName
  let lines: [Line]
  private(set) lazy var positions = lines.map(\.position)
  private let base: UnsafeMutableRawPointer
  let byteCount: Int

  /// How many bytes behind the last line feed are no line.
  var tornBytes: Int { byteCount - (lines.last.map { $0.range.upperBound + 1 } ?? 0) }

  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: byteCount) }

  deinit { base.deallocate() }

  init(_ name: SegmentName, path: String) throws(SinkError) {
    let file = try File(path, O_RDONLY)
    let size = try file.status().st_size
    self.name = name
    base = .allocate(byteCount: max(1, Int(size)), alignment: 16)
    var lines: [Line] = []
    do throws(SinkError) {
      byteCount = try file.read(
        into: UnsafeMutableRawBufferPointer(start: base, count: Int(size)), at: 0)
    } catch {
      base.deallocate()
      throw error
    }
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
      guard let id = line.position?.eventId, id >= lastId, index > 0 || id == name.firstId else {
        return index
      }
      lastId = id
    }
    return nil
  }
}
