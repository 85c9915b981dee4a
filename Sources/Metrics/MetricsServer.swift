internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// A small HTTP server for pages that are read: GET and HEAD, one thread.
///
/// It holds at most `connectionsMax` connections, 8 KiB of each request's body, and closes one that
/// is silent for `silenceMax`, or whose request takes longer than `requestMax` to come.
package struct MetricsServer: Sendable {
  package struct Answer: Sendable {
    package var status: Int
    package var contentType: String
    package var body: String

    package init(_ status: Int, _ body: String, contentType: String = "text/plain; charset=utf-8") {
      self.status = status
      self.body = body
      self.contentType = contentType
    }
  }

  package static let connectionsMax = 32
  static let bodyBytesMax = 8 << 10
  static let silenceMax = TimeAmount.seconds(30)
  package static let requestMax = Duration.seconds(10)

  private let group: MultiThreadedEventLoopGroup
  private let channel: any Channel

  /// Listens at `address`.
  ///
  /// - Parameters:
  ///   - pages: the answer for each path that exists.
  /// - Throws: the system's error.
  package static func listen(
    at address: MetricsAddress, requestMax: Duration = requestMax,
    pages: [String: @Sendable () async -> Answer]
  ) async throws -> MetricsServer {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 16)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let pipeline = channel.pipeline.syncOperations
          try pipeline.addHandler(IdleStateHandler(allTimeout: silenceMax))
          let deadline = RequestDeadline(TimeAmount(requestMax))
          try pipeline.addHandler(deadline)
          try pipeline.configureHTTPServerPipeline(withErrorHandling: true)
          try pipeline.addHandler(PageHandler(pages, deadline))
        }
      }
    let limiter = ConnectionLimiter(atMost: connectionsMax)
    do {
      let channel =
        try await bootstrap
        .serverChannelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(limiter)
          }
        }
        .bind(host: address.host, port: address.port).get()
      return MetricsServer(group: group, channel: channel)
    } catch {
      try? await group.shutdownGracefully()
      throw error
    }
  }

  /// The port that the system assigned for port 0.
  package var port: Int? { channel.localAddress?.port }

  /// Ends all connections.
  package func close() async {
    try? await channel.close()
    try? await group.shutdownGracefully()
  }
}

/// Closes connections beyond the limit as they are accepted.
// Its state is used on the loop of the channel that listens alone, which it belongs to.
private final class ConnectionLimiter: ChannelInboundHandler, @unchecked Sendable {
  typealias InboundIn = any Channel
  typealias InboundOut = any Channel

  private let limit: Int
  private var count = 0

  init(atMost limit: Int) { self.limit = limit }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let channel = unwrapInboundIn(data)
    guard count < limit else { return channel.close(promise: nil) }
    count += 1
    channel.closeFuture.hop(to: context.eventLoop).whenComplete { _ in self.count -= 1 }
    context.fireChannelRead(data)
  }
}

/// Closes a connection whose request comes too slowly, so that slow ones do not keep others out.
private final class RequestDeadline: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private let longest: TimeAmount
  private var end: Scheduled<Void>?

  init(_ longest: TimeAmount) { self.longest = longest }

  func channelActive(context: ChannelHandlerContext) {
    begin(context)
    context.fireChannelActive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if end == nil { begin(context) }
    context.fireChannelRead(data)
  }

  func channelInactive(context: ChannelHandlerContext) {
    isWhole()
    context.fireChannelInactive()
  }

  /// The request has come.
  func isWhole() {
    end?.cancel()
    end = nil
  }

  private func begin(_ context: ChannelHandlerContext) {
    let channel = context.channel
    end = context.eventLoop.scheduleTask(in: longest) { channel.close(promise: nil) }
  }
}

/// Answers the requests of one connection, one after another.
private final class PageHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let deadline: RequestDeadline
  private let pages: [String: @Sendable () async -> MetricsServer.Answer]
  private var head: HTTPRequestHead?
  private var bodyBytes = 0

  init(
    _ pages: [String: @Sendable () async -> MetricsServer.Answer], _ deadline: RequestDeadline
  ) {
    self.pages = pages
    self.deadline = deadline
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      self.head = head
      bodyBytes = 0
    case .body(let bytes):
      bodyBytes += bytes.readableBytes
      if bodyBytes > MetricsServer.bodyBytesMax { context.close(promise: nil) }
    case .end:
      deadline.isWhole()
      guard let head else { return }
      self.head = nil
      answer(head, context)
    }
  }

  private func answer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
    let path = head.uri.prefix { $0 != "?" && $0 != "#" }
    guard head.method == .GET || head.method == .HEAD else {
      let sentence = "\(head.method.rawValue) is not for these pages: they are read with GET.\n"
      return write(.init(405, sentence), head, context, headers: [("Allow", "GET, HEAD")])
    }
    guard let page = pages[String(path)] else {
      let all = pages.keys.sorted().joined(separator: " ")
      return write(.init(404, "There is no such page. There are: \(all)\n"), head, context)
    }
    let answered = context.eventLoop.makePromise(of: MetricsServer.Answer.self)
    answered.completeWithTask { await page() }
    answered.futureResult.assumeIsolated().whenSuccess { answer in
      self.write(answer, head, context)
    }
  }

  private func write(
    _ answer: MetricsServer.Answer, _ head: HTTPRequestHead, _ context: ChannelHandlerContext,
    headers more: [(String, String)] = []
  ) {
    let body = ByteBuffer(string: answer.body)
    var headers = HTTPHeaders(more)
    headers.add(name: "Content-Type", value: answer.contentType)
    headers.add(name: "Content-Length", value: "\(body.readableBytes)")
    if !head.isKeepAlive { headers.add(name: "Connection", value: "close") }
    let response = HTTPResponseHead(
      version: .http1_1, status: HTTPResponseStatus(statusCode: answer.status), headers: headers)
    context.write(wrapOutboundOut(.head(response)), promise: nil)
    if head.method != .HEAD {
      context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
    }
    let channel = context.channel
    let ended = context.eventLoop.makePromise(of: Void.self)
    if !head.isKeepAlive { ended.futureResult.whenComplete { _ in channel.close(promise: nil) } }
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: ended)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is IdleStateHandler.IdleStateEvent { context.close(promise: nil) }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
