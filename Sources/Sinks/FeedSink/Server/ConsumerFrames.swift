internal import NIOCore
internal import NIOWebSocket

/// Handles a consumer's frames: counts pongs, answers pings and a close, and ends the connection
/// after a frame that RFC 6455 forbids. Other messages are ignored.
final class ConsumerFrames: ChannelInboundHandler {
  typealias InboundIn = WebSocketFrame
  typealias OutboundOut = Never

  private let writer: SocketWriter
  private let connection: ConsumerConnection
  private let ledger: SharedLedger
  private var rules: FrameRules
  /// Nothing counts after a close or a violation.
  private var isOver = false
  /// The last unanswered ping: earlier ones need no answer (RFC 6455, section 5.5.3), so that a
  /// consumer that pings and does not read costs one pong.
  private var owed: ByteBuffer?

  init(writer: SocketWriter, connection: ConsumerConnection, ledger: SharedLedger) {
    self.writer = writer
    self.connection = connection
    self.ledger = ledger
    rules = FrameRules(allowsPacked: connection.deflate != nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isOver else { return }
    let frame = unwrapInboundIn(data)
    do throws(FrameRules.Violation) { try rules.check(frame) } catch { return end(after: error) }
    var payload = frame.unmaskedData
    switch frame.opcode {
    case .pong:
      if payload.readableBytes == 8, let number = payload.readInteger(as: UInt64.self) {
        let now = ledger.now
        ledger.withLock { [id = connection.id] in $0.pong(number, of: id, at: now) }
      }
    case .ping:
      owed = payload
      answer(context)
    case .connectionClose:
      isOver = true
      if payload.getInteger(at: payload.readerIndex, as: UInt16.self) == 1009 {
        ledger.withLock { [id = connection.id] in $0.noteRefusal(of: id, isTold: true) }
      }
      var close = ByteBuffer()
      close.writeFrameHeader(.close, length: min(payload.readableBytes, 2))
      close.writeImmutableBuffer(
        payload.getSlice(at: payload.readerIndex, length: min(payload.readableBytes, 2))!)
      connection.close(with: close)
    default: break
    }
  }

  private func end(after violation: FrameRules.Violation) {
    isOver = true
    ledger.withLock { $0.note(violation, of: connection.id) }
    connection.close(violation.code, violation.sent)
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    answer(context)
    context.fireChannelWritabilityChanged()
  }

  private func answer(_ context: ChannelHandlerContext) {
    guard let payload = owed, context.channel.isWritable else { return }
    owed = nil
    var pong = ByteBuffer()
    pong.writeFrameHeader(.pong, length: payload.readableBytes)
    pong.writeImmutableBuffer(payload)
    writer.write(pong, nil)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // The decoder reports what comes after a frame that it refused, too.
    guard !isOver else { return }
    guard let error = error as? NIOWebSocketError else { return context.close(promise: nil) }
    end(after: FrameRules.Violation(error))
  }
}
