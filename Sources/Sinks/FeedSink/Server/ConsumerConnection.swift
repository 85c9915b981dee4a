internal import NIOCore
internal import Synchronization

/// One consumer's socket, after the upgrade to a WebSocket.
final class ConsumerConnection: Sendable {
  let id: Consumer.ID
  let request: StreamRequest
  /// What was agreed on about compressed messages; nil: none is.
  let deflate: DeflateAgreement?
  private let channel: any Channel
  private let writer: NIOLoopBound<SocketWriter>
  private let isClosing = Atomic(false)

  /// How long a close may wait for untaken bytes.
  private static let closingMax = TimeAmount.seconds(2)

  init(
    id: Consumer.ID, request: StreamRequest, deflate: DeflateAgreement?, channel: any Channel,
    writer: NIOLoopBound<SocketWriter>
  ) {
    self.deflate = deflate
    self.id = id
    self.request = request
    self.channel = channel
    self.writer = writer
  }

  var isOpen: Bool { channel.isActive }

  /// Whether the feed ends it, or has answered the consumer's close.
  var isEnding: Bool { isClosing.load(ordering: .relaxed) }

  /// Sends whole frames; the future completes once the kernel has the last byte.
  func send(_ frames: ByteBuffer) -> EventLoopFuture<Void> {
    let promise = channel.eventLoop.makePromise(of: Void.self)
    channel.eventLoop.execute { [writer] in writer.value.write(frames, promise) }
    return promise.futureResult
  }

  /// Sends the reason and closes, after two seconds if the consumer takes nothing. The first reason
  /// counts.
  func close(_ code: UInt16, _ reason: String) {
    var frame = ByteBuffer()
    frame.writeClose(code, reason)
    close(with: frame)
  }

  func close(with frame: ByteBuffer) {
    guard !isClosing.exchange(true, ordering: .relaxed) else { return }
    let channel = channel
    send(frame).whenComplete { _ in channel.close(promise: nil) }
    channel.eventLoop.scheduleTask(in: Self.closingMax) { channel.close(promise: nil) }
  }

  /// Closes without a close frame: the consumer is not reading.
  func drop() {
    isClosing.store(true, ordering: .relaxed)
    channel.close(promise: nil)
  }

  func closed() async { try? await channel.closeFuture.get() }
}

/// The end of the pipeline next to the socket: bytes written here are frames already and pass no
/// encoder.
final class SocketWriter: ChannelOutboundHandler {
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private var context: ChannelHandlerContext?

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }
  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  func write(_ frames: ByteBuffer, _ promise: EventLoopPromise<Void>?) {
    guard let context else {
      promise?.fail(ChannelError.ioOnClosedChannel)
      return
    }
    context.writeAndFlush(wrapOutboundOut(frames), promise: promise)
  }
}
