internal import NIOCore
internal import NIOHTTP1

/// Answers each request that does not become a stream, and closes.
final class RefusalHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  static let name = "refusal"

  private let refusal: (HTTPRequestHead) -> Handshake.Refusal
  private var hasAnswered = false

  init(_ refusal: @escaping (HTTPRequestHead) -> Handshake.Refusal) {
    self.refusal = refusal
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard case .head(let head) = unwrapInboundIn(data), !hasAnswered else { return }
    hasAnswered = true
    let refusal = refusal(head)
    let body = ByteBuffer(string: refusal.sentence + "\n")
    var headers = HTTPHeaders(refusal.headers)
    headers.add(name: "Content-Type", value: "text/plain; charset=utf-8")
    headers.add(name: "Content-Length", value: "\(body.readableBytes)")
    if !headers.contains(name: "Connection") { headers.add(name: "Connection", value: "close") }
    let answer = HTTPResponseHead(version: .http1_1, status: refusal.status, headers: headers)
    context.write(wrapOutboundOut(.head(answer)), promise: nil)
    if head.method != .HEAD {
      context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
    }
    let channel = context.channel
    let ended = context.eventLoop.makePromise(of: Void.self)
    ended.futureResult.whenComplete { _ in channel.close(promise: nil) }
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: ended)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // The code above answers why an upgrade was refused, once the request is passed on.
    if error is HTTPParserError { context.close(promise: nil) }
  }
}
