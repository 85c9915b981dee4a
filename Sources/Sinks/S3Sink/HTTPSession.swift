import EventPersistence
import Foundation
import Synchronization

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// URLSession as S3 needs it: it keeps connections, caches nothing, follows no redirection (the
/// signature is for one host), keeps no more of an answer than is asked for, and counts failures.
final class HTTPSession: Sendable {
  private let session: URLSession
  private let exchanges = Exchanges()
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
    session = URLSession(configuration: configuration, delegate: exchanges, delegateQueue: nil)
  }

  // A session retains its delegate, and itself, until it is invalidated.
  deinit { session.finishTasksAndInvalidate() }

  /// - Throws: `URLError`; `.dataLengthExceedsMaximum` if the answer has more than `bytesMax` bytes.
  func data(for request: URLRequest, bytesMax: Int) async throws -> (Data, URLResponse) {
    let task = session.dataTask(with: request)
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        exchanges.begin(task, Exchanges.Exchange(bytesMax: bytesMax, continuation: continuation))
      }
    } onCancel: {
      task.cancel()
    }
  }

  private final class Exchanges: NSObject, URLSessionDataDelegate {
    struct Exchange {
      let bytesMax: Int
      let continuation: CheckedContinuation<(Data, URLResponse), any Error>
      var data = Data()
    }

    private let underWay = Mutex<[Int: Exchange]>([:])

    func begin(_ task: URLSessionDataTask, _ exchange: Exchange) {
      underWay.withLock { $0[task.taskIdentifier] = exchange }
      task.resume()
    }

    func urlSession(
      _ session: URLSession, dataTask task: URLSessionDataTask, didReceive data: Data
    ) {
      let isTooLarge = underWay.withLock { underWay in
        underWay[task.taskIdentifier]?.data.append(data)
        return underWay[task.taskIdentifier].map { $0.data.count > $0.bytesMax } ?? false
      }
      guard isTooLarge else { return }
      task.cancel()
      end(task, URLError(.dataLengthExceedsMaximum))
    }

    func urlSession(
      _ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?
    ) {
      end(task, error)
    }

    private func end(_ task: URLSessionTask, _ error: (any Error)?) {
      guard let exchange = underWay.withLock({ $0.removeValue(forKey: task.taskIdentifier) }) else {
        return
      }
      guard error == nil, let response = task.response else {
        return exchange.continuation.resume(throwing: error ?? URLError(.badServerResponse))
      }
      exchange.continuation.resume(returning: (exchange.data, response))
    }

    func urlSession(
      _ session: URLSession, task: URLSessionTask,
      willPerformHTTPRedirection response: HTTPURLResponse, newRequest request: URLRequest,
      completionHandler: @escaping (URLRequest?) -> Void
    ) {
      completionHandler(nil)
    }
  }
}
