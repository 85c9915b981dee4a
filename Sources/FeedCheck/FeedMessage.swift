/// What a WebSocket sent as one message, put together from its frames.
package struct FeedMessage: Sendable {
  package enum Kind: Sendable {
    case text, binary
  }

  package var kind: Kind
  /// All of it, or its beginning if it has more than `bytesMax` bytes.
  package var bytes: [UInt8]
  /// How many bytes it has.
  package var byteCount: Int
  /// How many bytes its largest frame has.
  package var frameBytes: Int

  /// Larger ones are not read. Oura takes no larger one.
  package static let bytesMax = 64 << 20

  package init(kind: Kind, bytes: [UInt8], byteCount: Int, frameBytes: Int) {
    self.kind = kind
    self.bytes = bytes
    self.byteCount = byteCount
    self.frameBytes = frameBytes
  }

  /// A message in one frame.
  package init(_ kind: Kind, _ bytes: [UInt8]) {
    self.init(kind: kind, bytes: bytes, byteCount: bytes.count, frameBytes: bytes.count)
  }

  package var isWhole: Bool { bytes.count == byteCount }
}

/// Puts messages together from their frames (RFC 6455, section 5.4), and keeps of one no more than a
/// bound.
package struct MessageCollector: Sendable {
  private var message: FeedMessage?
  private let bytesMax: Int

  /// What a server must not send.
  package enum Fault: String, Error, Sendable, Hashable {
    case continuation = "the continuation of a message that has no beginning"
    case interrupted = "a new message within one"
    case opcode = "a kind of frame that is not known"
    case reserved = "a frame with a reserved bit, which no extension allows"
    case masked = "a masked frame"
    case extensions = "an answer with an extension that was not offered"
    case subprotocol = "an answer with a subprotocol that was not offered"
  }

  package init(bytesMax: Int = FeedMessage.bytesMax) { self.bytesMax = bytesMax }

  /// Takes the next frame that is no control frame; returns the message that it ends.
  ///
  /// - Parameter kind: nil for a continuation.
  package mutating func take(
    _ kind: FeedMessage.Kind?, _ bytes: some Collection<UInt8>, isLast: Bool
  ) throws(Fault) -> FeedMessage? {
    guard (kind == nil) == (message != nil) else {
      throw kind == nil ? .continuation : .interrupted
    }
    var message = message ?? FeedMessage(kind ?? .text, [])
    self.message = nil
    message.bytes += bytes.prefix(bytesMax - message.bytes.count)
    message.byteCount += bytes.count
    message.frameBytes = max(message.frameBytes, bytes.count)
    if isLast { return message }
    self.message = message
    return nil
  }
}
