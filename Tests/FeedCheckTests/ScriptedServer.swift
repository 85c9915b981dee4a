import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket

/// A WebSocket on loopback that sends the bytes of a script to whoever connects, and keeps what comes
/// back.
final class ScriptedServer: Sendable {
  private let channel: any Channel
  /// What the pongs carried.
  let pongs: AsyncStream<String>

  /// Next to the socket, where what is written is bytes.
  private final class Raw: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
  }

  /// Holds the answer to the request back.
  private final class Cork: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    var held = ByteBuffer()

    func write(
      context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?
    ) {
      var bytes = unwrapOutboundIn(data)
      held.writeBuffer(&bytes)
      promise?.succeed()
    }

    func flush(context: ChannelHandlerContext) {}
  }

  /// Writes the script, and notes the pongs.
  private final class Script: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame

    let bytes: ByteBuffer
    let closes: Bool
    let pongs: AsyncStream<String>.Continuation

    init(_ bytes: ByteBuffer, _ closes: Bool, _ pongs: AsyncStream<String>.Continuation) {
      self.bytes = bytes
      self.closes = closes
      self.pongs = pongs
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let frame = unwrapInboundIn(data)
      guard frame.opcode == .pong else { return }
      pongs.yield(String(buffer: frame.unmaskedData))
    }

    func handlerAdded(context: ChannelHandlerContext) {
      let (bytes, closes, channel) = (bytes, closes, context.channel)
      // Past the encoder of frames, since a script may break the rules; after the answer to the request.
      channel.eventLoop.execute {
        guard let first = try? channel.pipeline.syncOperations.context(name: "raw") else { return }
        let promise = channel.eventLoop.makePromise(of: Void.self)
        var all =
          (try? channel.pipeline.syncOperations.handler(type: Cork.self))?.held ?? ByteBuffer()
        all.writeImmutableBuffer(bytes)
        first.writeAndFlush(NIOAny(all), promise: promise)
        guard closes else { return }
        promise.futureResult.whenComplete { _ in channel.close(promise: nil) }
      }
    }
  }

  /// - Parameters:
  ///   - closes: whether the connection ends after the script.
  ///   - inOneBurst: whether the script comes with the answer to the request.
  init(_ script: [UInt8], closes: Bool = false, inOneBurst: Bool = false) async throws {
    let bytes = ByteBuffer(bytes: script)
    let (pongs, arrivals) = AsyncStream.makeStream(of: String.self)
    self.pongs = pongs
    channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .childChannelInitializer { channel in
        let upgrader = NIOWebSocketServerUpgrader(
          shouldUpgrade: { channel, head in
            channel.eventLoop.makeSucceededFuture(
              head.uri.contains("token=wrong") ? nil : HTTPHeaders())
          },
          upgradePipelineHandler: { channel, _ in
            channel.eventLoop.makeCompletedFuture {
              let pipeline = channel.pipeline.syncOperations
              try pipeline.addHandler(Raw(), name: "raw", position: .first)
              try pipeline.addHandler(Script(bytes, closes, arrivals))
            }
          })
        return channel.eventLoop.makeCompletedFuture {
          if inOneBurst { try channel.pipeline.syncOperations.addHandler(Cork()) }
          try channel.pipeline.syncOperations.configureHTTPServerPipeline(
            withServerUpgrade: (
              upgraders: [upgrader],
              completionHandler: { $0.pipeline.removeHandler(name: "refusal", promise: nil) }
            ))
          try channel.pipeline.syncOperations.addHandler(Refusal(), name: "refusal")
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
  }

  /// Answers what does not become a WebSocket.
  private final class Refusal: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      guard case .end = unwrapInboundIn(data) else { return }
      let head = HTTPResponseHead(
        version: .http1_1, status: .unauthorized, headers: ["Content-Length": "12"])
      context.write(wrapOutboundOut(.head(head)), promise: nil)
      context.write(
        wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: "wrong token\n")))), promise: nil)
      context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
  }

  var port: Int { channel.localAddress!.port! }

  func end() async throws { try await channel.close() }

  /// A frame as a server sends it.
  static func frame(_ opcode: UInt8, _ payload: [UInt8], isLast: Bool = true) -> [UInt8] {
    let head: [UInt8] = [(isLast ? 0x80 : 0) | opcode]
    switch payload.count {
    case ..<126: return head + [UInt8(payload.count)] + payload
    case ..<65_536:
      return head + [126, UInt8(payload.count >> 8), UInt8(payload.count & 255)] + payload
    default:
      let length = (0..<8).reversed().map { UInt8(truncatingIfNeeded: payload.count >> ($0 * 8)) }
      return head + [127] + length + payload
    }
  }

  static func text(_ text: String) -> [UInt8] { frame(1, Array(text.utf8)) }
}
