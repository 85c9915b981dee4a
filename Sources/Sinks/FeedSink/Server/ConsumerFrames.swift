internal import NIOCore
internal import NIOWebSocket

/// Handles a consumer's frames: counts pongs, answers pings and a close, ignores all others.
final class ConsumerFrames: ChannelInboundHandler {
  typealias InboundIn = WebSocketFrame
  typealias OutboundOut = Never

  private let writer: SocketWriter
  private let onPong: @Sendable (UInt64) -> Void
  /// The last unanswered ping: earlier ones need no answer (RFC 6455, section 5.5.3), so that a
  /// consumer that pings and does not read costs one pong.
  private var owed: ByteBuffer?

  init(writer: SocketWriter, onPong: @escaping @Sendable (UInt64) -> Void) {
    self.writer = writer
    self.onPong = onPong
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let frame = unwrapInboundIn(data)
    var payload = frame.unmaskedData
    switch frame.opcode {
    case .pong:
      if payload.readableBytes == 8, let number = payload.readInteger(as: UInt64.self) {
        onPong(number)
      }
    case .ping:
      owed = payload
      answer(context)
    case .connectionClose:
      var close = ByteBuffer()
      close.writeFrameHeader(.close, length: min(payload.readableBytes, 2))
      close.writeImmutableBuffer(
        payload.getSlice(at: payload.readerIndex, length: min(payload.readableBytes, 2))!)
      let channel = context.channel
      let closed = context.eventLoop.makePromise(of: Void.self)
      closed.futureResult.whenComplete { _ in channel.close(promise: nil) }
      writer.write(close, closed)
    default: break
    }
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
    // An invalid or too large frame was answered with a close before it came here.
    guard !(error is NIOWebSocketError) else { return }
    context.close(promise: nil)
  }
}
