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
    case webSocket(Frames)
    case refused(Answer)
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
      case .webSocket(let frames): return await read(frames)
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
    switch url.address {
    case .port(let host, let port):
      return try await bootstrap.connect(host: host, port: port, channelInitializer: initialize)
        .get()
    case .file(let path):
      return try await bootstrap.connect(
        unixDomainSocketPath: path, channelInitializer: initialize
      ).get()
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
      upgradePipelineHandler: { channel, _ in
        didUpgrade()
        return channel.eventLoop.makeCompletedFuture {
          .webSocket(
            try Frames(
              wrappingChannelSynchronously: channel,
              configuration: .init(backPressureStrategy: pressure)))
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
    return try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(
      configuration: configuration)
  }

  /// The status of an answer that is no WebSocket, and the beginning of its text.
  private static func text(_ answer: Answer) async throws -> String {
    try await answer.executeThenClose { inbound, _ in
      var status = "no answer"
      var text = ""
      var sentence: String {
        let words = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        return words.isEmpty ? status : "\(status): \(words)"
      }
      for try await part in inbound {
        switch part {
        case .head(let head): status = "\(head.status.code) \(head.status.reasonPhrase)"
        case .body(let body): text += String(buffer: body).prefix(400 - min(400, text.count))
        case .end: return sentence
        }
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
