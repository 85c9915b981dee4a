internal import NIOCore
internal import Synchronization

/// One consumer's socket, from the upgrade to a WebSocket on.
final class ConsumerConnection: Sendable {
  let id: Consumer.ID
  let request: StreamRequest
  private let channel: any Channel
  private let writer: NIOLoopBound<SocketWriter>
  private let isClosing = Atomic(false)

  /// How long a close may wait for what was not taken yet.
  private static let closingMax = TimeAmount.seconds(2)

  init(
    id: Consumer.ID, request: StreamRequest, channel: any Channel,
    writer: NIOLoopBound<SocketWriter>
  ) {
    self.id = id
    self.request = request
    self.channel = channel
    self.writer = writer
  }

  var isOpen: Bool { channel.isActive }

  /// Sends whole frames; the future is done once the last byte is the kernel's.
  func send(_ frames: ByteBuffer) -> EventLoopFuture<Void> {
    let promise = channel.eventLoop.makePromise(of: Void.self)
    channel.eventLoop.execute { [writer] in writer.value.write(frames, promise) }
    return promise.futureResult
  }

  /// Says why, and closes; after two seconds where the consumer takes nothing. The first reason counts.
  func close(_ code: UInt16, _ reason: String) {
    guard !isClosing.exchange(true, ordering: .relaxed) else { return }
    var frame = ByteBuffer()
    frame.writeClose(code, reason)
    let channel = channel
    send(frame).whenComplete { _ in channel.close(promise: nil) }
    channel.eventLoop.scheduleTask(in: Self.closingMax) { channel.close(promise: nil) }
  }

  /// Closes without a word: whoever is there does not listen.
  func drop() { channel.close(promise: nil) }

  func closed() async { try? await channel.closeFuture.get() }
}

/// The end of a pipeline that is next to the socket: what is written here has its frames already, and
/// passes no encoder.
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
