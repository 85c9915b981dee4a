internal import NIOCore
internal import NIOHTTP1

/// Answers a request that does not become a stream, and closes.
///
/// Of a body it reads 64 KiB at most, and throws them away: a connection that is closed with bytes
/// unread loses the answer. A body that does not end meets the deadline of the handshake.
final class AnswerHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  static let name = "answer"
  static let bodyBytesMax = 64 << 10

  private let answer: (HTTPRequestHead) -> Handshake.Answer
  private var hasAnswered = false
  /// A client may send further requests behind the first one: they get no answer.
  private var hasEnded = false
  private var bodyBytes = 0

  init(_ answer: @escaping (HTTPRequestHead) -> Handshake.Answer) {
    self.answer = answer
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      guard !hasAnswered else { return }
      hasAnswered = true
      send(answer(head), to: head, context)
    case .body(let bytes):
      bodyBytes += bytes.readableBytes
      if bodyBytes > Self.bodyBytesMax { context.close(promise: nil) }
    case .end:
      guard !hasEnded else { return }
      hasEnded = true
      end(context)
    }
  }

  private func send(
    _ answer: Handshake.Answer, to head: HTTPRequestHead, _ context: ChannelHandlerContext
  ) {
    let body = ByteBuffer(string: answer.sentence + "\n")
    var headers = HTTPHeaders(answer.headers)
    headers.add(name: "Content-Type", value: "text/plain; charset=utf-8")
    headers.add(name: "X-Content-Type-Options", value: "nosniff")
    headers.add(name: "Cache-Control", value: "no-store")
    headers.add(name: "Content-Length", value: "\(body.readableBytes)")
    if !headers.contains(name: "Connection") { headers.add(name: "Connection", value: "close") }
    let answer = HTTPResponseHead(version: .http1_1, status: answer.status, headers: headers)
    context.write(wrapOutboundOut(.head(answer)), promise: nil)
    if head.method != .HEAD {
      context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
    }
    context.flush()
  }

  /// The request has ended, and with it what could be unread.
  private func end(_ context: ChannelHandlerContext) {
    let channel = context.channel
    let sent = context.eventLoop.makePromise(of: Void.self)
    sent.futureResult.whenComplete { _ in channel.close(promise: nil) }
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: sent)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // The code above answers why an upgrade was refused, once the request is passed on.
    if error is HTTPParserError { context.close(promise: nil) }
  }
}
