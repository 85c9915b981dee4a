import EventPersistence
import Foundation
import Synchronization

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// URLSession as S3 needs it: it keeps connections, caches nothing, follows no redirection (the
/// signature is for one host), and counts failures.
final class HTTPSession: Sendable {
  private let session: URLSession
  private let failures = Mutex(0)

  /// How many requests failed, or got an answer that asks to try again.
  var failureCount: Int { failures.withLock(\.self) }

  func countFailure() { failures.withLock { $0 += 1 } }

  /// - Parameter timeout: how long the server may be silent.
  init(timeout: Duration) {
    let configuration = URLSessionConfiguration.ephemeral
    let seconds = Double(timeout.components.seconds) + Double(timeout.components.attoseconds) / 1e18
    configuration.timeoutIntervalForRequest = seconds
    configuration.timeoutIntervalForResource = 2 * seconds
    configuration.httpCookieStorage = nil
    configuration.urlCache = nil
    configuration.urlCredentialStorage = nil
    configuration.httpMaximumConnectionsPerHost = 8
    session = URLSession(configuration: configuration, delegate: Staying(), delegateQueue: nil)
  }

  // A session retains its delegate, and itself, until it is invalidated.
  deinit { session.finishTasksAndInvalidate() }

  func data(for request: URLRequest) async throws -> (Data, URLResponse) {
    try await session.data(for: request)
  }

  private final class Staying: NSObject, URLSessionTaskDelegate {
    func urlSession(
      _ session: URLSession, task: URLSessionTask,
      willPerformHTTPRedirection response: HTTPURLResponse, newRequest request: URLRequest,
      completionHandler: @escaping (URLRequest?) -> Void
    ) {
      completionHandler(nil)
    }
  }
}
