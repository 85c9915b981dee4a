internal import FeedSink
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOWebSocket

/// Connects to a WebSocket as Oura and Kupo do, and reads it to the end of its history.
///
/// It holds one message at a time, and a frame or two that came meanwhile.
package struct FeedCheck: Sendable {
  package var url: FeedURL
  /// What a feed with a `token-file` asks for. It is in no report.
  package var token: [UInt8]?
  /// The most messages to read; nil: all.
  package var messagesMax: UInt64?
  /// The most time to take.
  package var timeMax = Duration.seconds(600)
  /// How long nothing may come.
  package var silenceMax = Duration.seconds(30)

  /// How long connecting and an answer may take.
  package var connectMax = Duration.seconds(10)

  package init(_ url: FeedURL) { self.url = url }

  private typealias Answer = NIOAsyncChannel<
    HTTPClientResponsePart, HTTPPart<HTTPRequestHead, IOData>
  >

  private enum Connection: Sendable {
    /// With what the answer has that no client takes.
    case webSocket(Frames, MessageCollector.Fault?)
    case refused(Answer)

    var channel: any Channel {
      switch self {
      case .webSocket(let frames, _): frames.channel
      case .refused(let answer): answer.channel
      }
    }
  }

  package func run() async -> FeedReport {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    var report = await report(on: group)
    try? await group.shutdownGracefully()
    report.url = url.title
    return report
  }

  private func report(on group: MultiThreadedEventLoopGroup) async -> FeedReport {
    do {
      switch try await connect(on: group) {
      case .webSocket(let frames, let fault): return await read(frames, after: fault)
      case .refused(let answer): return FeedJudge().finish(.refused, try await Self.text(answer))
      }
    } catch {
      return FeedJudge().finish(.unreachable, sentence(error))
    }
  }

  // MARK: - Connecting

  private func connect(on group: MultiThreadedEventLoopGroup) async throws -> Connection {
    var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: url.request)
    head.headers.add(name: "Host", value: url.authority)
    if let token {
      head.headers.add(
        name: "Authorization", value: "Bearer \(String(decoding: token, as: UTF8.self))")
    }
    let (request, connectMax) = (head, connectMax)
    let initialize: @Sendable (any Channel) -> EventLoopFuture<EventLoopFuture<Connection>> = {
      channel in
      channel.eventLoop.makeCompletedFuture {
        // For a server that accepts and is silent, or whose answer does not end.
        let deadline = channel.eventLoop.scheduleTask(in: TimeAmount(connectMax)) {
          channel.close(promise: nil)
        }
        channel.closeFuture.whenComplete { _ in deadline.cancel() }
        return try Self.prepare(channel, request) { deadline.cancel() }
      }
    }
    let bootstrap = ClientBootstrap(group: group).connectTimeout(TimeAmount(connectMax))
      .channelOption(.allowRemoteHalfClosure, value: true)
    let answer =
      switch url.address {
      case .port(let host, let port):
        try await bootstrap.connect(host: host, port: port, channelInitializer: initialize)
      case .file(let path):
        try await bootstrap.connect(unixDomainSocketPath: path, channelInitializer: initialize)
      }
    let connection = try await answer.get()
    let pipeline = connection.channel.pipeline
    try await pipeline.eventLoop.submit {
      // It may have closed meanwhile: what was read before is kept.
      guard let context = try? pipeline.syncOperations.context(name: EndKeeper.name) else { return }
      (context.handler as? EndKeeper)?.release(context)
    }.get()
    return connection
  }

  /// Keeps the end of what the server sends until its answer is understood: a server that sends
  /// everything at once, and leaves, would else be gone before.
  private final class EndKeeper: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    static let name = "end"
    private static let headEnd = Array("\r\n\r\n".utf8)
    private var matched = 0
    private var isOver = false
    private var isReleased = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      for byte in unwrapInboundIn(data).readableBytesView where matched < Self.headEnd.count {
        if byte != Self.headEnd[matched] { matched = 0 }
        if byte == Self.headEnd[matched] { matched += 1 }
      }
      context.fireChannelRead(data)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
      guard case .inputClosed? = event as? ChannelEvent, !isReleased else {
        return context.fireUserInboundEventTriggered(event)
      }
      isOver = true
      if matched < Self.headEnd.count { context.close(promise: nil) }
    }

    func release(_ context: ChannelHandlerContext) {
      isReleased = true
      if isOver { context.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
    }
  }

  private static func prepare(
    _ channel: any Channel, _ request: HTTPRequestHead, _ didUpgrade: @escaping @Sendable () -> Void
  ) throws -> EventLoopFuture<Connection> {
    // Few frames wait to be read, since each can be large.
    let pressure = NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark(
      lowWatermark: 1, highWatermark: 2)
    let upgrader = NIOTypedWebSocketClientUpgrader<Connection>(
      maxFrameSize: FeedMessage.bytesMax, enableAutomaticErrorHandling: false,
      upgradePipelineHandler: { channel, head in
        didUpgrade()
        let fault: MessageCollector.Fault? =
          head.headers.contains(name: "Sec-WebSocket-Extensions")
          ? .extensions
          : head.headers.contains(name: "Sec-WebSocket-Protocol") ? .subprotocol : nil
        return channel.eventLoop.makeCompletedFuture {
          .webSocket(
            try Frames(
              wrappingChannelSynchronously: channel,
              configuration: .init(backPressureStrategy: pressure)), fault)
        }
      })
    let upgrade = NIOTypedHTTPClientUpgradeConfiguration<Connection>(
      upgradeRequestHead: request, upgraders: [upgrader],
      notUpgradingCompletionHandler: { channel in
        channel.eventLoop.makeCompletedFuture {
          .refused(try Answer(wrappingChannelSynchronously: channel))
        }
      })
    var configuration = NIOUpgradableHTTPClientPipelineConfiguration(upgradeConfiguration: upgrade)
    // A quick server's first messages come with its answer.
    configuration.leftOverBytesStrategy = .forwardBytes
    try channel.pipeline.syncOperations.addHandler(EndKeeper(), name: EndKeeper.name)
    return try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(
      configuration: configuration)
  }

  /// The status of an answer that is no WebSocket, and the beginning of its text.
  private static func text(_ answer: Answer) async throws -> String {
    try await answer.executeThenClose { inbound, _ in
      let noAnswer = "no answer"
      var status = noAnswer
      var text = ""
      var sentence: String {
        let words = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        return words.isEmpty ? status : "\(status): \(words)"
      }
      do {
        for try await part in inbound {
          switch part {
          case .head(let head): status = "\(head.status.code) \(head.status.reasonPhrase)"
          case .body(let body): text += String(buffer: body).prefix(400 - min(400, text.count))
          case .end: return sentence
          }
        }
      } catch  where status != noAnswer {
        // It has said what counts.
      }
      return sentence
    }
  }

  private func sentence(_ error: any Error) -> String {
    guard let error = error as? NIOConnectionError else { return reason(error) }
    let causes = error.connectionErrors.map { reason($0.error) }
    return causes.first ?? "the name \(error.host) is not known"
  }

  private func reason(_ error: any Error) -> String {
    switch error {
    case let error as IOError: String(cString: strerror(error.errnoCode))
    case ChannelError.connectTimeout: "no answer within \(connectMax.components.seconds) s"
    case is ChannelError, is NIOHTTPClientUpgradeError:
      "no answer to the request for a WebSocket"
    default: "\(error)"
    }
  }
}
