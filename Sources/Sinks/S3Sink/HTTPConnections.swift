import CCurl
import Foundation
import Synchronization

/// A session's connections, and the one thread that moves their bytes.
///
/// The thread begins with the first request, and ends with `end()`. While no request is under way it wakes once a
/// minute.
final class HTTPConnections: Sendable {
  typealias Continuation = CheckedContinuation<Result<HTTPAnswer, HTTPFailure>, Never>

  /// By which a request is cancelled.
  final class Ticket: Sendable {
    private let cancelled = Atomic(false)
    var isCancelled: Bool { cancelled.load(ordering: .relaxed) }
    func cancel() { cancelled.store(true, ordering: .relaxed) }
  }

  struct Order: Sendable {
    var request: HTTPRequest
    /// How long the server may be silent.
    var silenceMax: Duration
    var ticket: Ticket
    var continuation: Continuation
  }

  private struct Inbox {
    var orders: [Order] = []
    var hasThread = false
    var isEnded = false
  }

  private static let perHost = 8
  private static let idle = Duration.seconds(60)
  private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

  private let inbox = Mutex(Inbox())
  /// libcurl allows only `curl_multi_wakeup` from other threads than its own.
  private nonisolated(unsafe) let multi: UnsafeMutableRawPointer

  init() {
    guard Self.isReady, let multi = curl_multi_init() else {
      preconditionFailure("libcurl has no memory.")
    }
    self.multi = multi
    _ = ccurl_multi_set_long(multi, CURLMOPT_MAX_HOST_CONNECTIONS, Self.perHost)
    _ = ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, Self.perHost)
  }

  deinit { curl_multi_cleanup(multi) }

  // MARK: - From any thread

  func begin(
    _ request: HTTPRequest, _ silenceMax: Duration, _ ticket: Ticket, _ continuation: Continuation
  ) {
    defer { request.turn?.whenEnded { [self] _ in wake() } }
    let isFirst = inbox.withLock { inbox in
      inbox.orders.append(
        Order(
          request: request, silenceMax: silenceMax, ticket: ticket, continuation: continuation))
      defer { inbox.hasThread = true }
      return !inbox.hasThread
    }
    guard isFirst else { return wake() }
    let thread = Thread { self.serve() }
    thread.name = "hydra-sinks.http"
    thread.start()
  }

  func cancel(_ ticket: Ticket) {
    ticket.cancel()
    wake()
  }

  /// No request is under way then, because each retains its session.
  func end() {
    inbox.withLock { $0.isEnded = true }
    wake()
  }

  private func wake() { curl_multi_wakeup(multi) }

  // MARK: - On its own thread

  private func serve() {
    var underWay: [UnsafeMutableRawPointer: HTTPExchange] = [:]
    while true {
      let (orders, isEnded) = inbox.withLock { inbox in
        defer { inbox.orders = [] }
        return (inbox.orders, inbox.isEnded)
      }
      for order in orders {
        let exchange = HTTPExchange(order)
        underWay[exchange.easy] = exchange
        curl_multi_add_handle(multi, exchange.easy)
      }
      if isEnded { break }
      for exchange in underWay.values { exchange.takeTurn() }
      var count: Int32 = 0
      curl_multi_perform(multi, &count)
      while let message = curl_multi_info_read(multi, &count) {
        guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else {
          continue
        }
        end(underWay.removeValue(forKey: easy), message.pointee.data.result)
      }
      let now = ContinuousClock.now
      for exchange in underWay.values {
        guard let failure = exchange.failure(at: now) else { continue }
        underWay[exchange.easy] = nil
        end(exchange, failure)
      }
      let wait = underWay.values.map { $0.patience(at: now) }.min() ?? Self.idle
      curl_multi_poll(multi, nil, 0, Int32(min(wait, Self.idle).milliseconds), nil)
    }
    for exchange in underWay.values { end(exchange, HTTPFailure(.cancelled)) }
  }

  private func end(_ exchange: HTTPExchange?, _ code: CURLcode) {
    guard let exchange else { return }
    curl_multi_remove_handle(multi, exchange.easy)
    exchange.end(code)
  }

  private func end(_ exchange: HTTPExchange, _ failure: HTTPFailure) {
    curl_multi_remove_handle(multi, exchange.easy)
    exchange.end(failure)
  }
}
