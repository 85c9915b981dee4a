internal import NIOCore

/// The frames of RFC 6455 that a server sends: whole, final, unmasked. `MessageFrames` writes the others.
enum FrameKind: UInt8 {
  case text = 0x81
  case close = 0x88
  case ping = 0x89
  case pong = 0x8A
}

extension ByteBuffer {
  /// Writes the header of a frame with a payload of `length` bytes (section 5.2: the shortest form
  /// of the length).
  mutating func writeFrameHeader(_ kind: FrameKind, length: Int) {
    writeFrameHeader(kind.rawValue, length: length)
  }

  /// - Parameter first: the frame's bits and its opcode.
  mutating func writeFrameHeader(_ first: UInt8, length: Int) {
    writeInteger(first)
    switch length {
    case ..<126: writeInteger(UInt8(length))
    case ..<65_536:
      writeInteger(UInt8(126))
      writeInteger(UInt16(length))
    default:
      writeInteger(UInt8(127))
      writeInteger(UInt64(length))
    }
  }

  /// A ping that carries `number`; its pong returns it.
  mutating func writePing(_ number: UInt64) {
    writeFrameHeader(.ping, length: 8)
    writeInteger(number)
  }

  /// - Parameter reason: 123 bytes at most, so that the frame stays a control frame.
  mutating func writeClose(_ code: UInt16, _ reason: String) {
    let text = Array(reason.utf8.prefix(123))
    writeFrameHeader(.close, length: 2 + text.count)
    writeInteger(code)
    writeBytes(text)
  }
}
