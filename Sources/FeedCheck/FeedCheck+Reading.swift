internal import NIOCore
internal import NIOWebSocket
internal import Synchronization

extension FeedCheck {
  typealias Frames = NIOAsyncChannel<WebSocketFrame, WebSocketFrame>

  /// When the last frame came, and why the task that watches the time ended the reading.
  private final class Signs: Sendable {
    private let last = Mutex(ContinuousClock.now)
    private let end = Mutex<FeedReport.End?>(nil)

    func note() { last.withLock { $0 = .now } }
    var silence: Duration { last.withLock { .now - $0 } }
    var interruption: FeedReport.End? { end.withLock { $0 } }
    func interrupt(_ reason: FeedReport.End) { end.withLock { $0 = reason } }
  }

  /// Reads to the end of the history, or to a bound.
  ///
  /// - Parameter fault: what the server's answer has that no client takes: nothing is read then.
  func read(_ frames: Frames, after fault: MessageCollector.Fault?) async -> FeedReport {
    if let fault {
      try? await frames.channel.close()
      return FeedJudge().finish(.closed, Self.sentence(of: fault.rawValue))
    }
    let signs = Signs()
    return await withTaskGroup(of: FeedReport?.self) { tasks in
      tasks.addTask { await self.read(frames, signs) }
      tasks.addTask {
        await self.watch(signs)
        return nil
      }
      var report: FeedReport?
      while report == nil, let next = await tasks.next() {
        report = next
        tasks.cancelAll()
      }
      return report!
    }
  }

  /// Returns when the time is over, or nothing has come for too long.
  private func watch(_ signs: Signs) async {
    let start = ContinuousClock.now
    while !Task.isCancelled {
      if .now - start >= timeMax { return signs.interrupt(.time) }
      if signs.silence >= silenceMax { return signs.interrupt(.silent) }
      try? await Task.sleep(for: min(.milliseconds(100), timeMax))
    }
  }

  private func read(_ frames: Frames, _ signs: Signs) async -> FeedReport {
    var judge = FeedJudge()
    var collector = MessageCollector()
    var end = FeedReport.End.closed
    var reason: String? = "the connection ended without a close frame"
    do {
      try await frames.executeThenClose { inbound, outbound in
        reading: for try await frame in inbound {
          signs.note()
          if let fault = Self.fault(of: frame) { throw fault }
          switch frame.opcode {
          case .ping:
            try await outbound.write(Self.frame(.pong, frame.unmaskedData))
          case .pong: break
          case .connectionClose:
            reason = Self.closing(frame.unmaskedData)
            break reading
          case .text, .binary, .continuation:
            let kind: FeedMessage.Kind? =
              frame.opcode == .text ? .text : frame.opcode == .binary ? .binary : nil
            guard
              let message = try collector.take(
                kind, frame.unmaskedData.readableBytesView, isLast: frame.fin)
            else { break }
            let isLast = judge.take(message)
            if isLast { end = .history }
            if !isLast, judge.report.messages >= messagesMax ?? .max { end = .messages }
            if end != .closed {
              reason = nil
              try? await outbound.write(Self.frame(.connectionClose, Self.goingAway))
              break reading
            }
          default: throw MessageCollector.Fault.opcode
          }
        }
      }
    } catch NIOWebSocketError.invalidFrameLength {
      judge.takeOversizedFrame()
      reason = "a frame of more than \(FeedMessage.bytesMax) bytes"
    } catch let fault as MessageCollector.Fault {
      reason = Self.sentence(of: fault.rawValue)
    } catch let error as NIOWebSocketError {
      reason = Self.sentence(of: "\(error)")
    } catch {
      if end == .closed { reason = "the server went away: \(error)" }
    }
    if end == .closed, let interruption = signs.interruption { (end, reason) = (interruption, nil) }
    return judge.finish(end, reason)
  }

  private static func sentence(of fault: String) -> String {
    "the server sent what RFC 6455 forbids: \(fault)"
  }

  /// What no client takes, since the check offers no extension.
  private static func fault(of frame: WebSocketFrame) -> MessageCollector.Fault? {
    if frame.maskKey != nil { return .masked }
    return frame.rsv1 || frame.rsv2 || frame.rsv3 ? .reserved : nil
  }

  /// The close code 1000: all is done.
  private static var goingAway: ByteBuffer { ByteBuffer(integer: UInt16(1000)) }

  /// A client's frame, which is masked.
  private static func frame(_ opcode: WebSocketOpcode, _ data: ByteBuffer) -> WebSocketFrame {
    WebSocketFrame(fin: true, opcode: opcode, maskKey: .random(), data: data)
  }

  private static func closing(_ data: ByteBuffer) -> String {
    var data = data
    guard let code = data.readInteger(as: UInt16.self) else { return "the server closed" }
    let words = String(buffer: data)
    return "the server closed with \(code)" + (words.isEmpty ? "" : ": \(words)")
  }
}
