internal import Compression
internal import NIOCore
internal import NIOWebSocket

/// Checks a consumer's frames, in order, against RFC 6455, and RFC 7692 if messages may be
/// compressed. NIO's decoder checks only lengths and control frames.
struct FrameRules {
  /// A frame that ends the connection.
  struct Violation: Error, Hashable {
    /// The close code (section 7.4.1).
    var code: UInt16
    /// What the consumer sent, as a noun: 123 bytes at most, for the close frame.
    var sent: String

    init(_ code: UInt16, _ sent: String) {
      self.code = code
      self.sent = sent
    }

    init(_ error: NIOWebSocketError) {
      switch error {
      case .invalidFrameLength:
        self.init(1009, "a frame of more than \(FeedServer.frameBytesMax) bytes")
      case .fragmentedControlFrame:
        self.init(1002, "a control frame in fragments (RFC 6455, section 5.5)")
      case .multiByteControlFrameLength:
        self.init(1002, "a control frame of more than 125 bytes (RFC 6455, section 5.5)")
      }
    }
  }

  /// The fragments so far of a message that has not ended.
  private var message: (isText: Bool, isPacked: Bool, bytes: ByteBuffer)?
  /// Whether permessage-deflate is agreed on.
  let allowsPacked: Bool

  init(allowsPacked: Bool = false) { self.allowsPacked = allowsPacked }

  mutating func check(_ frame: WebSocketFrame) throws(Violation) {
    guard frame.maskKey != nil else {
      throw Violation(1002, "an unmasked frame (RFC 6455, section 5.1)")
    }
    let isBeginning = frame.opcode == .text || frame.opcode == .binary
    guard !frame.rsv1 || (allowsPacked && isBeginning), !frame.rsv2, !frame.rsv3 else {
      throw Violation(1002, "a frame with a reserved bit (RFC 6455, section 5.2)")
    }
    switch frame.opcode {
    case .ping, .pong: break
    case .connectionClose: try check(close: frame.unmaskedData)
    case .text, .binary:
      guard message == nil else {
        throw Violation(1002, "a message within another one (RFC 6455, section 5.4)")
      }
      message = (frame.opcode == .text, frame.rsv1, ByteBuffer())
      try add(frame)
    case .continuation: try add(frame)
    default:
      let opcode = UInt8(webSocketOpcode: frame.opcode)
      throw Violation(1002, "a frame with the reserved opcode \(opcode) (RFC 6455, section 5.2)")
    }
  }

  private mutating func add(_ frame: WebSocketFrame) throws(Violation) {
    guard var message else {
      throw Violation(1002, "a continuation of no message (RFC 6455, section 5.4)")
    }
    message.bytes.writeImmutableBuffer(frame.unmaskedData)
    guard message.bytes.readableBytes <= FeedServer.frameBytesMax else {
      throw Violation(1009, "a message of more than \(FeedServer.frameBytesMax) bytes")
    }
    self.message = frame.fin ? nil : message
    guard frame.fin else { return }
    if message.isPacked { message.bytes = try Self.unpacked(message.bytes) }
    guard !message.isText || message.bytes.isUTF8 else {
      throw Violation(1007, "a text that is not UTF-8 (RFC 6455, section 8.1)")
    }
  }

  private static func unpacked(_ bytes: ByteBuffer) throws(Violation) -> ByteBuffer {
    let limit = FeedServer.frameBytesMax
    do throws(CompressionError) {
      return ByteBuffer(
        bytes: try MessageInflater.inflate(Array(bytes.readableBytesView), limit: limit))
    } catch .tooLarge {
      throw Violation(1009, "a compressed message of more than \(limit) bytes")
    } catch {
      throw Violation(1007, "a compressed message that is damaged (RFC 7692, section 7.2.2)")
    }
  }

  private func check(close: ByteBuffer) throws(Violation) {
    guard close.readableBytes > 0 else { return }
    var reason = close
    guard let code = reason.readInteger(as: UInt16.self) else {
      throw Violation(1002, "a close frame of one byte (RFC 6455, section 5.5.1)")
    }
    switch code {
    case 1000...1003, 1007...1014, 3000...4999: break
    default: throw Violation(1002, "a close frame with the code \(code) (RFC 6455, section 7.4)")
    }
    guard reason.isUTF8 else {
      throw Violation(1007, "a close frame whose reason is not UTF-8 (RFC 6455, section 8.1)")
    }
  }
}

extension ByteBuffer {
  fileprivate var isUTF8: Bool { String(validating: readableBytesView, as: UTF8.self) != nil }
}
