import EventPersistence
import Synchronization

/// HTTP as S3 needs it, by libcurl: it keeps connections, stores nothing, follows no redirection (the signature is
/// for one host), and counts failures. Of an answer it keeps no more than is asked for, and 256 KiB of its head.
final class HTTPSession: Sendable {
  private let connections = HTTPConnections()
  private let silenceMax: Duration
  private let failures = Mutex(0)

  /// How many requests failed, or got an answer that asks to try again.
  var failureCount: Int { failures.withLock(\.self) }

  func countFailure() { failures.withLock { $0 += 1 } }

  /// - Parameter timeout: how long the server may be silent; a request may take twice that.
  init(timeout: Duration) { silenceMax = timeout }

  deinit { connections.end() }

  func answer(to request: HTTPRequest) async throws(HTTPFailure) -> HTTPAnswer {
    guard request.headers.allSatisfy({ !$0.name.isEmpty && Self.isLine($0.name + $0.value) }) else {
      throw HTTPFailure(.other, "a header has a control character")
    }
    let silenceMax = request.silenceMax ?? silenceMax
    let ticket = HTTPConnections.Ticket()
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { connections.begin(request, silenceMax, ticket, $0) }
    } onCancel: {
      connections.cancel(ticket)
    }
    return try result.get()
  }

  private static func isLine(_ text: String) -> Bool {
    text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
  }
}
