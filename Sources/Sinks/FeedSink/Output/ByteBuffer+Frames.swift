internal import NIOCore

/// The frames of RFC 6455 that a server sends: whole, final, unmasked.
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
    writeInteger(kind.rawValue)
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

  mutating func writeFrame(text: String) {
    writeFrameHeader(.text, length: text.utf8.count)
    writeString(text)
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
