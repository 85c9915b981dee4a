import CCurl
import Foundation

/// One request and its answer, on the thread of its connections.
final class HTTPExchange {
  /// S3's heads are of a few KiB.
  private static let headBytesMax = 256 << 10
  private static let errorBytesMax = 1 << 20

  let easy: UnsafeMutableRawPointer
  private let order: HTTPConnections.Order
  private var headers: UnsafeMutablePointer<curl_slist>?
  /// What libcurl says of an error.
  private let said = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
  private var answer = HTTPAnswer()
  private var headByteCount = 0
  /// Whether the blank line after the head has come.
  private var isHeadWhole = false
  private var sentByteCount = 0
  private var isTooLarge = false
  /// Whether only the last byte of the body is left, and waits for its turn.
  private var isHeld = false
  /// When bytes last went either way.
  private var heard = ContinuousClock.now
  private var movedByteCount: curl_off_t = 0

  init(_ order: HTTPConnections.Order) {
    guard let easy = curl_easy_init() else { preconditionFailure("libcurl has no memory.") }
    self.easy = easy
    self.order = order
    said.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    prepare(order.request)
    receive()
  }

  deinit {
    curl_easy_cleanup(easy)
    curl_slist_free_all(headers)
    said.deallocate()
  }

  // MARK: - Before

  private func prepare(_ request: HTTPRequest) {
    set(CURLOPT_URL, request.address)
    set(CURLOPT_PROTOCOLS_STR, "http,https")
    set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
    // Keys may have `..` in them, and are signed as they are.
    set(CURLOPT_PATH_AS_IS, 1)
    set(CURLOPT_NOSIGNAL, 1)
    set(CURLOPT_TIMEOUT_MS, (silenceMax * 2).milliseconds)
    set(CURLOPT_CONNECTTIMEOUT_MS, silenceMax.milliseconds)
    if request.isDirect { set(CURLOPT_NOPROXY, "*") }
    if request.method == "HEAD" {
      set(CURLOPT_NOBODY, 1)
    } else if let body = request.body {
      set(CURLOPT_UPLOAD, 1)
      _ = ccurl_set_offset(easy, CURLOPT_INFILESIZE_LARGE, curl_off_t(body.count))
    }
    if request.method != "HEAD" { set(CURLOPT_CUSTOMREQUEST, request.method) }
    for (name, value) in request.headers {
      // An empty value takes another sign, or the header is left out.
      headers = curl_slist_append(headers, value.isEmpty ? "\(name);" : "\(name): \(value)")
    }
    // Many servers never answer it, and each request would wait a second for that.
    headers = curl_slist_append(headers, "Expect:")
    _ = ccurl_set_pointer(easy, CURLOPT_HTTPHEADER, headers)
    _ = ccurl_set_pointer(easy, CURLOPT_ERRORBUFFER, said)
  }

  private var silenceMax: Duration { order.silenceMax }

  private func set(_ option: CURLoption, _ value: Int) {
    let code = ccurl_set_long(easy, option, value)
    precondition(code == CURLE_OK, "libcurl does not know option \(option.rawValue).")
  }

  private func set(_ option: CURLoption, _ value: String) {
    let code = ccurl_set_text(easy, option, value)
    precondition(code == CURLE_OK, "libcurl does not know option \(option.rawValue).")
  }

  private func receive() {
    let own = Unmanaged.passUnretained(self).toOpaque()
    for option in [
      CURLOPT_READDATA, CURLOPT_WRITEDATA, CURLOPT_HEADERDATA, CURLOPT_SEEKDATA,
      CURLOPT_XFERINFODATA,
    ] { _ = ccurl_set_pointer(easy, option, own) }
    _ = ccurl_set_transfer(easy, CURLOPT_READFUNCTION) { buffer, size, count, own in
      HTTPExchange.at(own).read(UnsafeMutableRawBufferPointer(start: buffer, count: size * count))
    }
    _ = ccurl_set_seek(easy) { own, offset, origin in
      guard origin == SEEK_SET else { return CURL_SEEKFUNC_CANTSEEK }
      HTTPExchange.at(own).sentByteCount = Int(offset)
      return CURL_SEEKFUNC_OK
    }
    _ = ccurl_set_transfer(easy, CURLOPT_HEADERFUNCTION) { buffer, size, count, own in
      HTTPExchange.at(own).head(UnsafeRawBufferPointer(start: buffer, count: size * count))
    }
    _ = ccurl_set_transfer(easy, CURLOPT_WRITEFUNCTION) { buffer, size, count, own in
      HTTPExchange.at(own).body(UnsafeRawBufferPointer(start: buffer, count: size * count))
    }
    set(CURLOPT_NOPROGRESS, 0)
    _ = ccurl_set_progress(easy) { own, _, received, _, sent in
      HTTPExchange.at(own).moved(received + sent)
      return 0
    }
  }

  private static func at(_ own: UnsafeMutableRawPointer?) -> HTTPExchange {
    Unmanaged.fromOpaque(own!).takeUnretainedValue()
  }

  // MARK: - Under way

  private func read(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
    guard let body = order.request.body else { return 0 }
    var end = body.count
    if let turn = order.request.turn, turn.state != .came {
      end -= 1
      if sentByteCount == end {
        isHeld = true
        return Int(CURL_READFUNC_PAUSE)
      }
    }
    let part = sentByteCount..<min(sentByteCount + buffer.count, end)
    body.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[part])) }
    sentByteCount = part.upperBound
    return part.count
  }

  /// Lets the last byte go if its turn has come.
  func takeTurn() {
    guard isHeld, order.request.turn?.state == .came else { return }
    isHeld = false
    heard = .now
    curl_easy_pause(easy, CURLPAUSE_CONT)
  }

  /// A line of the head, or of what a chunked body ends with.
  ///
  /// - Returns: how many bytes were taken; less than all of them ends the exchange.
  private func head(_ line: UnsafeRawBufferPointer) -> Int {
    heard = .now
    headByteCount += line.count
    guard headByteCount <= Self.headBytesMax else {
      isTooLarge = true
      return 0
    }
    let text = String(decoding: line, as: UTF8.self)
    if text.hasPrefix("HTTP/") {
      // Not the first if the answer so far only says to go on (1xx), or is a proxy's.
      answer.headers = [:]
      isHeadWhole = false
    } else if text.allSatisfy(\.isNewline) {
      isHeadWhole = true
      answer.status = ccurl_get_long(easy, CURLINFO_RESPONSE_CODE)
    } else if let colon = text.firstIndex(of: ":") {
      let name = text[..<colon].lowercased()
      let value = text[colon...].dropFirst().trimmingCharacters(in: .whitespacesAndNewlines)
      answer.headers[name] = answer.headers[name].map { "\($0), \(value)" } ?? value
    }
    return line.count
  }

  private func body(_ part: UnsafeRawBufferPointer) -> Int {
    // What is no success is a document that says why.
    let isSuccess = (200..<300).contains(answer.status)
    let bytesMax =
      isSuccess ? order.request.bytesMax : min(order.request.bytesMax, Self.errorBytesMax)
    guard answer.body.count + part.count <= bytesMax else {
      isTooLarge = true
      return 0
    }
    answer.body.append(contentsOf: part)
    return part.count
  }

  private func moved(_ byteCount: curl_off_t) {
    guard byteCount != movedByteCount else { return }
    movedByteCount = byteCount
    heard = .now
  }

  /// Why it ends before libcurl ends it.
  func failure(at now: ContinuousClock.Instant) -> HTTPFailure? {
    if order.ticket.isCancelled || order.request.turn?.state == .never {
      return HTTPFailure(.cancelled)
    }
    return patience(at: now) <= .zero ? HTTPFailure(.timedOut) : nil
  }

  /// How long the server may still be silent.
  func patience(at now: ContinuousClock.Instant) -> Duration {
    // While the last byte is held, the server has nothing to say.
    isHeld ? silenceMax : silenceMax - (now - heard)
  }

  // MARK: - After

  func end(_ failure: HTTPFailure) { order.continuation.resume(returning: .failure(failure)) }

  func end(_ code: CURLcode) {
    guard code != CURLE_OK else {
      // libcurl does not mind an end within the head.
      guard isHeadWhole else { return end(HTTPFailure(.connectionLost)) }
      return order.continuation.resume(returning: .success(answer))
    }
    let text = String(cString: said)
    end(
      HTTPFailure(kind(of: code), text.isEmpty ? String(cString: curl_easy_strerror(code)) : text))
  }

  private func kind(of code: CURLcode) -> HTTPFailure.Kind {
    if isTooLarge { return .tooLarge }
    return switch code {
    case CURLE_OPERATION_TIMEDOUT: .timedOut
    case CURLE_COULDNT_CONNECT:
      ccurl_get_long(easy, CURLINFO_OS_ERRNO) == Int(ECONNREFUSED) ? .refused : .other
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .unknownHost
    case CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_RECV_ERROR, CURLE_SEND_ERROR:
      .connectionLost
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE,
      CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS:
      .untrusted
    // A line of the head that is longer than libcurl takes (100 KiB).
    case CURLE_OUT_OF_MEMORY: .tooLarge
    case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING: .notHTTP
    case CURLE_URL_MALFORMAT: .badAddress
    default: .other
    }
  }
}

extension Duration {
  /// As libcurl takes it: at least 1, at most 24 days.
  var milliseconds: Int { Int(max(1, min(self / .milliseconds(1), Double(Int32.max)))) }
}
