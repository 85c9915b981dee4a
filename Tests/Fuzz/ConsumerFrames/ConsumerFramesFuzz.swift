import EventPersistence
import NIOCore
import NIOEmbedded

@testable import FeedSink

/// Whatever a consumer sends, in whatever pieces, it gets whole frames that RFC 6455 allows, a reason
/// before the end, and nothing after it; and what it costs has a bound.
///
/// The first byte's lowest bit tells whether the rest follows a handshake or is the request itself;
/// the others are the size of the pieces in which it arrives.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
  let input = UnsafeRawBufferPointer(start: start, count: count)
  guard let first = input.first else { return 0 }
  let feed = Feed()
  if first & 1 == 0 { feed.send(Array(handshake.utf8), pieces: .max) }
  if let consumer = feed.roster[1] {
    var ping = ByteBuffer()
    ping.writePing(feed.ledger.withLock { $0.update(1) { $0.ping(at: .zero) } }!)
    _ = consumer.send(ping)
  }
  feed.send(Array(input.dropFirst()), pieces: first < 2 ? .max : Int(first >> 1))
  feed.end()
  return 0
}

private let handshake =
  "GET /?history=yes&name=loader HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
  + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"

/// A feed's side of one connection.
private final class Feed {
  let ledger = SharedLedger(clock: .system)
  let roster = ConsumerRoster()
  private let channel = EmbeddedChannel()
  private let connections: AsyncStream<ConsumerConnection>
  private var received = 0
  private var output = ByteBuffer()

  init() {
    let (connections, arrivals) = AsyncStream.makeStream(of: ConsumerConnection.self)
    self.connections = connections
    try! FeedServer.prepare(
      channel,
      Handshake(
        address: FeedAddress(port: 4100), allowedOrigins: ["https://a"], compresses: true,
        consumersMax: 2), ledger, roster, arrivals)
    try! channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 4100)).wait()
  }

  func send(_ bytes: [UInt8], pieces: Int) {
    var rest = bytes[...]
    while !rest.isEmpty, channel.isActive {
      let piece = rest.prefix(pieces)
      rest = rest.dropFirst(piece.count)
      received += piece.count
      _ = try? channel.writeInbound(ByteBuffer(bytes: piece))
      channel.embeddedEventLoop.run()
      collect()
    }
  }

  /// The connection ends; what was sent is checked.
  func end() {
    channel.embeddedEventLoop.advanceTime(by: .seconds(20))
    let wasEnded = !channel.isActive
    _ = try? channel.finish(acceptAlreadyClosed: true)
    collect()
    precondition(ledger.withLock { $0.count } == 0 && roster[1] == nil, "it is not forgotten")
    let notes = ledger.withLock { $0.takeNotes() }
    precondition(notes.count <= 1)
    // A pong is no longer than its ping; a refusal is a page.
    precondition(output.readableBytes <= 4096 + received, "\(output.readableBytes) bytes")
    check(wasEnded: wasEnded, isViolated: !notes.isEmpty)
  }

  private func collect() {
    while true {
      do {
        guard var piece = try channel.readOutbound(as: ByteBuffer.self) else { break }
        output.writeBuffer(&piece)
      } catch {
        // A socket that is closed takes nothing more; this channel keeps what is written then.
        precondition(!channel.isActive, "what is written is no bytes: \(error)")
      }
    }
    while let passed = try? channel.readInbound(as: ByteBuffer.self) {
      precondition(passed.readableBytes >= 0)
    }
  }

  private func check(wasEnded: Bool, isViolated: Bool) {
    let bytes = Array(output.readableBytesView)
    guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else {
      return precondition(bytes.isEmpty, "an answer without an end")
    }
    let head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
    guard head.hasPrefix("HTTP/1.1 101 ") else {
      precondition(
        ["HTTP/1.1 200 ", "HTTP/1.1 4", "HTTP/1.1 5"].contains { head.hasPrefix($0) }, head)
      return precondition(wasEnded, "a connection that was refused stays")
    }
    var rest = bytes[end.upperBound...]
    var isClosed = false
    while let kind = rest.popFirst() {
      precondition(!isClosed, "a frame after the close")
      let length = Int(rest.popFirst()!)
      precondition([0x88, 0x89, 0x8A].contains(kind) && length <= 125 && rest.count >= length)
      let payload = rest.prefix(length)
      rest = rest.dropFirst(length)
      guard kind == 0x88 else { continue }
      isClosed = true
      precondition(length != 1)
      precondition(String(validating: payload.dropFirst(2), as: UTF8.self) != nil)
      let code = payload.prefix(2).reduce(0) { $0 << 8 | Int($1) }
      precondition(
        length == 0 || [1000...1003, 1007...1014, 3000...4999].contains { $0.contains(code) })
    }
    precondition(!isViolated || isClosed, "no reason is sent")
    precondition(!isClosed || wasEnded, "a connection that was closed stays")
  }
}
