import Compression
import EventArchive
import EventPersistence

/// The contents of one segment in memory, unpacked, with its lines.
final class Segment {
  let name: SegmentName
  /// The ids that it may hold.
  let span: ClosedRange<UInt64>
  /// The position is nil for a damaged line, and for one whose id is out of place.
  let lines: [ArchiveLine]
  /// How many bytes follow the last whole line or frame.
  let tornBytes: Int
  /// The frames of a packed one; nil if it is plain, or not packed by this sink.
  let packed: ZstandardFile?
  /// How many bytes of its file hold its lines; nil if it cannot be cut there.
  let end: Int?
  /// Why not all of it could be unpacked; if set, it has the lines before that.
  let damage: String?

  /// The largest unpacked size that is accepted: no event is as large.
  static let bytesMax = 1 << 30

  init(
    _ name: SegmentName, path: String, span: ClosedRange<UInt64>? = nil
  ) throws(SinkError) {
    self.name = name
    self.span = span ?? name.firstId...UInt64.max
    let file = try File(path)
    let isPacked = path.hasSuffix(SegmentName.packedSuffix)
    var buffer: EventBuffer
    var damage: String?
    var frames: ZstandardFile?
    var tornFrameBytes = 0
    if isPacked {
      let packed = try file.contents(try file.byteCount())
      do throws(CompressionError) {
        let unpacked = try EventBuffer.unpacking(packed, limit: Self.bytesMax)
        (buffer, frames) = (unpacked.buffer, unpacked.file)
        damage = unpacked.damage?.description
        tornFrameBytes = frames.map { packed.count - $0.byteCount } ?? 0
      } catch {
        buffer = EventBuffer(capacity: 0)
        damage = error.description
      }
    } else {
      buffer = try file.contents()
    }
    self.damage = damage
    let contents = ArchiveLines(buffer, span: self.span)
    lines = contents.lines
    tornBytes = contents.tornBytes + tornFrameBytes
    packed = frames
    end =
      if isPacked {
        contents.tornBytes == 0 ? frames?.byteCount : nil
      } else {
        contents.lines.last.map { $0.range.upperBound + 1 } ?? 0
      }
  }

  /// Whether events can be added at its `end`.
  var canGrow: Bool { damage == nil && end != nil && packed?.hasTable != true }

  var positions: [Position?] { lines.map(\.position) }

  var lastPosition: Position? { lines.last { $0.position != nil }?.position }

  /// Whether it consists only of its lines.
  var isWhole: Bool { damage == nil && tornBytes == 0 }

  /// The first line that is not an event or goes back in the log.
  var firstBadLine: Int? {
    var lastId = name.firstId
    for (index, line) in lines.enumerated() {
      guard let id = line.position?.eventId, id >= lastId else { return index }
      lastId = id
    }
    return nil
  }

  /// The position of a plain segment's first line; reads only that. Nil if it is not an event.
  static func first(_ path: String) throws(SinkError) -> Position? {
    let file = try File(path)
    var count = 1 << 16
    while true {
      let bytes: [UInt8] = try file.contents(count)
      if let end = bytes.firstIndex(of: 0x0A) {
        return bytes[..<end].withUnsafeBytes { Position(json: $0) }
      }
      guard bytes.count == count else { return nil }
      count *= 4
    }
  }
}
