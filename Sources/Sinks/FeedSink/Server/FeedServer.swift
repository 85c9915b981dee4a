internal import EventPersistence
internal import Foundation
internal import NIOConcurrencyHelpers
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
  /// The most connections at once that are not consumers' yet, or never will be.
  static let strangersMax = 192

  private let group: MultiThreadedEventLoopGroup
  private let channel: any Channel
  private let socket: ListeningSocket
  /// The connected consumers.
  let roster: ConsumerRoster

  /// The new consumers, in order.
  let connections: AsyncStream<ConsumerConnection>
  private let arrivals: AsyncStream<ConsumerConnection>.Continuation

  /// - Parameter userGroup: whose members may connect to a Unix domain socket.
  /// - Throws: `SinkError` if it cannot listen on the address: `held` if another process does.
  static func listen(
    _ handshake: Handshake, sharedWith userGroup: String?, ledger: SharedLedger
  ) async throws(SinkError) -> FeedServer {
    let address = handshake.address
    let connectionsMax = handshake.consumersMax + strangersMax
    try OpenFiles.allow(connectionsMax)
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let (connections, arrivals) = AsyncStream.makeStream(of: ConsumerConnection.self)
    let roster = ConsumerRoster()
    var bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: ListeningSocket.backlog)
      .childChannelInitializer { channel in
        // If it fails, the connection is closed.
        channel.eventLoop.makeCompletedFuture {
          guard roster.count(channel, atMost: connectionsMax) else {
            throw ChannelError.ioOnClosedChannel
          }
          try prepare(channel, handshake, ledger, roster, arrivals)
        }
      }
    if case .port = address {
      bootstrap = bootstrap.childChannelOption(.socketOption(.tcp_nodelay), value: 1)
    }
    do {
      // The thread is the server's own: nobody waits while it blocks.
      let socket = try await group.next().submit {
        try ListeningSocket.listen(at: address, sharedWith: userGroup)
      }.get()
      let channel = try await bootstrap.withBoundSocket(socket.descriptor).get()
      return FeedServer(
        group: group, channel: channel, socket: socket, roster: roster, connections: connections,
        arrivals: arrivals)
    } catch {
      try? await group.shutdownGracefully()
      throw error as? SinkError ?? .notListening(address, (error as? IOError)?.errnoCode ?? 0)
    }
  }

  /// The port that the system assigned for port 0.
  var port: Int? { channel.localAddress?.port }

  /// Accepts no more consumers: `connections` ends.
  func stopListening() async {
    // Before the socket is closed: a file without a process could be another's already.
    socket.file?.remove()
    try? await channel.close()
    arrivals.finish()
  }

  /// Ends the thread and the remaining connections.
  func shutDown() async { try? await group.shutdownGracefully() }

  // MARK: - A connection

  /// Makes `channel`, a connection that was accepted, one that becomes a stream or gets an answer.
  static func prepare(
    _ channel: any Channel, _ handshake: Handshake, _ ledger: SharedLedger,
    _ roster: ConsumerRoster, _ arrivals: AsyncStream<ConsumerConnection>.Continuation
  ) throws {
    let upgrader = NIOWebSocketServerUpgrader(
      maxFrameSize: frameBytesMax, automaticErrorHandling: false,
      shouldUpgrade: { channel, head in
        let isWelcome =
          (try? handshake.judge(head, consumerCount: ledger.withLock { $0.count })) != nil
        return channel.eventLoop.makeSucceededFuture(isWelcome ? handshake.accepting(head) : nil)
      },
      upgradePipelineHandler: { channel, head in
        channel.eventLoop.makeCompletedFuture {
          try begin(
            channel, StreamRequest(uri: head.uri), handshake.deflate(for: head), ledger, roster,
            arrivals)
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
          context.pipeline.removeHandler(name: AnswerHandler.name, promise: nil)
        }
      ))
    let handler = AnswerHandler { head in
      let answer = answer(to: head, handshake, ledger)
      if answer.status == .unauthorized {
        let address = text(channel)
        ledger.withLock { $0.noteWithoutToken(address) }
      }
      return answer
    }
    try channel.pipeline.syncOperations.addHandler(handler, name: AnswerHandler.name)
  }

  private static func answer(
    to head: HTTPRequestHead, _ handshake: Handshake, _ ledger: SharedLedger
  ) -> Handshake.Answer {
    do throws(Handshake.Answer) {
      _ = try handshake.judge(head, consumerCount: ledger.withLock { $0.count })
    } catch {
      return error
    }
    return Handshake.Answer(
      status: .badRequest, sentence: "the upgrade to a WebSocket does not follow RFC 6455")
  }

  private static func begin(
    _ channel: any Channel, _ request: StreamRequest, _ deflate: DeflateAgreement?,
    _ ledger: SharedLedger, _ roster: ConsumerRoster,
    _ arrivals: AsyncStream<ConsumerConnection>.Continuation
  ) throws {
    let writer = SocketWriter()
    let address = text(channel)
    let now = ledger.now
    let id = ledger.withLock { $0.connect(name: request.name, address: address, at: now) }
    let connection = ConsumerConnection(
      id: id, request: request, deflate: deflate, channel: channel,
      writer: NIOLoopBound(writer, eventLoop: channel.eventLoop))
    channel.closeFuture.whenComplete { _ in
      let isByConsumer = !connection.isEnding
      ledger.withLock { $0.disconnect(id, isByConsumer: isByConsumer) }
    }
    try channel.pipeline.syncOperations.addHandler(writer, position: .first)
    try channel.pipeline.syncOperations.addHandler(
      ConsumerFrames(writer: writer, connection: connection, ledger: ledger))
    roster.add(connection)
    channel.closeFuture.whenComplete { _ in roster.remove(id) }
    arrivals.yield(connection)
  }

  /// The other end of a connection: its address, or over a Unix domain socket its process.
  private static func text(_ channel: any Channel) -> String {
    if let address = channel.remoteAddress, let host = address.ipAddress {
      return "\(FeedAddress.bracketed(host)):\(address.port ?? 0)"
    }
    // The future is complete at once: this is the channel's own thread.
    let credentials: EventLoopFuture<PeerCredentials>? = (channel as? any SocketOptionProvider)?
      .unsafeGetSocketOption(level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED))
    let process = NIOLockedValueBox<Int32?>(nil)
    credentials?.whenSuccess { found in process.withLockedValue { $0 = found.process } }
    return process.withLockedValue { $0 }.map { "pid \($0)" } ?? "?"
  }
}
