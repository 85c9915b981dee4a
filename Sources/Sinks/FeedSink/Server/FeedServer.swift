internal import EventPersistence
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOWebSocket

/// Listens, and turns requests into consumers' connections: one thread, whatever their number.
struct FeedServer: Sendable {
  /// The largest message from a consumer; a larger one ends the connection (close code 1009).
  static let frameBytesMax = 16 << 10
  /// How long a connection may take to become a WebSocket.
  static let handshakeMax = TimeAmount.seconds(10)
  /// The most connections at once, including those that are not consumers yet.
  static let connectionsMax = 256

  private let group: MultiThreadedEventLoopGroup
  private let channel: any Channel
  /// The connected consumers.
  let roster: ConsumerRoster

  /// The new consumers, in order.
  let connections: AsyncStream<ConsumerConnection>
  private let arrivals: AsyncStream<ConsumerConnection>.Continuation

  /// - Throws: `SinkError` if it cannot listen on the address: `held` if another process does.
  static func listen(
    at address: FeedAddress, _ handshake: Handshake, ledger: SharedLedger
  ) async throws(SinkError) -> FeedServer {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let (connections, arrivals) = AsyncStream.makeStream(of: ConsumerConnection.self)
    let roster = ConsumerRoster()
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 64)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
      .childChannelInitializer { channel in
        // If it fails, the connection is closed.
        channel.eventLoop.makeCompletedFuture {
          guard roster.count(channel, atMost: connectionsMax) else {
            throw ChannelError.ioOnClosedChannel
          }
          try prepare(channel, handshake, ledger, roster, arrivals)
        }
      }
    do {
      let channel = try await bootstrap.bind(host: address.host, port: address.port).get()
      return FeedServer(
        group: group, channel: channel, roster: roster, connections: connections,
        arrivals: arrivals)
    } catch {
      try? await group.shutdownGracefully()
      throw FeedPort.error(listeningAt: address, error)
    }
  }

  /// The port that the system assigned for port 0.
  var port: Int? { channel.localAddress?.port }

  /// Accepts no more consumers: `connections` ends.
  func stopListening() async {
    try? await channel.close()
    arrivals.finish()
  }

  /// Ends the thread and the remaining connections.
  func shutDown() async { try? await group.shutdownGracefully() }

  // MARK: - A connection

  /// Makes `channel`, a connection that was accepted, one that becomes a stream or is refused.
  static func prepare(
    _ channel: any Channel, _ handshake: Handshake, _ ledger: SharedLedger,
    _ roster: ConsumerRoster, _ arrivals: AsyncStream<ConsumerConnection>.Continuation
  ) throws {
    let upgrader = NIOWebSocketServerUpgrader(
      maxFrameSize: frameBytesMax, automaticErrorHandling: false,
      shouldUpgrade: { channel, head in
        let isWelcome =
          (try? handshake.judge(head, consumerCount: ledger.withLock { $0.count })) != nil
        return channel.eventLoop.makeSucceededFuture(isWelcome ? HTTPHeaders() : nil)
      },
      upgradePipelineHandler: { channel, head in
        channel.eventLoop.makeCompletedFuture {
          try begin(channel, StreamRequest(uri: head.uri), ledger, roster, arrivals)
        }
      })
    let deadline = channel.eventLoop.scheduleTask(in: handshakeMax) {
      channel.close(promise: nil)
    }
    channel.closeFuture.whenComplete { _ in deadline.cancel() }
    try channel.pipeline.syncOperations.configureHTTPServerPipeline(
      withServerUpgrade: (
        upgraders: [upgrader],
        completionHandler: { context in
          deadline.cancel()
          context.pipeline.removeHandler(name: RefusalHandler.name, promise: nil)
        }
      ))
    let refusal = RefusalHandler { head in
      do throws(Handshake.Refusal) {
        _ = try handshake.judge(head, consumerCount: ledger.withLock { $0.count })
      } catch {
        return error
      }
      return Handshake.Refusal(
        status: .badRequest, sentence: "the upgrade to a WebSocket does not follow RFC 6455")
    }
    try channel.pipeline.syncOperations.addHandler(refusal, name: RefusalHandler.name)
  }

  private static func begin(
    _ channel: any Channel, _ request: StreamRequest, _ ledger: SharedLedger,
    _ roster: ConsumerRoster, _ arrivals: AsyncStream<ConsumerConnection>.Continuation
  ) throws {
    let writer = SocketWriter()
    let address = channel.remoteAddress.map(text) ?? "?"
    let now = ledger.now
    let id = ledger.withLock { $0.connect(name: request.name, address: address, at: now) }
    channel.closeFuture.whenComplete { _ in ledger.withLock { $0.disconnect(id) } }
    let connection = ConsumerConnection(
      id: id, request: request, channel: channel,
      writer: NIOLoopBound(writer, eventLoop: channel.eventLoop))
    try channel.pipeline.syncOperations.addHandler(writer, position: .first)
    try channel.pipeline.syncOperations.addHandler(
      ConsumerFrames(writer: writer, connection: connection, ledger: ledger))
    roster.add(connection)
    channel.closeFuture.whenComplete { _ in roster.remove(id) }
    arrivals.yield(connection)
  }

  private static func text(_ address: SocketAddress) -> String {
    let host = address.ipAddress ?? "?"
    return (host.contains(":") ? "[\(host)]" : host) + ":\(address.port ?? 0)"
  }
}
