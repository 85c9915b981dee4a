internal import Compression
internal import NIOCore

/// Writes a stream's messages as text frames (RFC 6455): one above 1 MiB in fragments, and each
/// compressed if the consumer agreed to that.
struct MessageFrames {
  /// The most bytes of a frame's payload: clients limit frames more tightly than messages.
  static let fragmentBytesMax = 1 << 20

  private let fragmentBytesMax: Int
  private let deflater: MessageDeflater?
  private var packed: [UInt8] = []
  /// The bytes of the largest message since the last `takeLargest`.
  private var largest = 0

  init(_ agreement: DeflateAgreement? = nil, fragmentBytesMax: Int = Self.fragmentBytesMax) {
    self.fragmentBytesMax = fragmentBytesMax
    deflater = agreement.map {
      MessageDeflater(windowBits: $0.windowBits, keepsContext: $0.keepsContext)
    }
  }

  /// The bytes of the largest message since the last call, uncompressed.
  mutating func takeLargest() -> Int {
    defer { largest = 0 }
    return largest
  }

  /// Writes the message that `pieces` are, in order.
  mutating func write(_ pieces: [UnsafeRawBufferPointer], into buffer: inout ByteBuffer) {
    largest = max(largest, pieces.reduce(0) { $0 + $1.count })
    guard let deflater else { return write(pieces, isPacked: false, into: &buffer) }
    deflater.deflate(pieces, into: &packed)
    packed.withUnsafeBytes { write([$0], isPacked: true, into: &buffer) }
    // A large message leaves no large buffer.
    packed.removeAll(keepingCapacity: packed.count <= Self.fragmentBytesMax)
  }

  mutating func write(text: String, into buffer: inout ByteBuffer) {
    var text = text
    text.withUTF8 { write([UnsafeRawBufferPointer($0)], into: &buffer) }
  }

  private func write(
    _ pieces: [UnsafeRawBufferPointer], isPacked: Bool, into buffer: inout ByteBuffer
  ) {
    var left = pieces.reduce(0) { $0 + $1.count }
    var rest = PieceCursor(pieces: pieces)
    // The compressed bit is the first frame's alone.
    var kind: UInt8 = FrameKind.text.rawValue & 0x0F | (isPacked ? 0x40 : 0)
    repeat {
      let length = min(left, fragmentBytesMax)
      left -= length
      buffer.writeFrameHeader(kind | (left == 0 ? 0x80 : 0), length: length)
      kind = 0
      buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: length) { room in
        rest.copy(length, to: room)
        return length
      }
    } while left > 0
  }
}

/// Where the next byte of several pieces stands.
private struct PieceCursor {
  let pieces: [UnsafeRawBufferPointer]
  private var index = 0
  private var offset = 0

  init(pieces: [UnsafeRawBufferPointer]) { self.pieces = pieces }

  /// Copies the next `count` bytes, of which there must be as many, to the start of `room`.
  mutating func copy(_ count: Int, to room: UnsafeMutableRawBufferPointer) {
    var done = 0
    while done < count {
      let piece = pieces[index]
      let part = min(piece.count - offset, count - done)
      if part > 0 {
        (room.baseAddress! + done).copyMemory(from: piece.baseAddress! + offset, byteCount: part)
      }
      done += part
      offset += part
      if offset == piece.count { (index, offset) = (index + 1, 0) }
    }
  }
}
