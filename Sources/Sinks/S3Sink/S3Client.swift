import EventPersistence
import Foundation

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// The few requests of S3 that a sink needs, signed, over connections that are kept.
struct S3Client: Sendable {
  struct Object: Sendable, Hashable {
    var key: String
    var size: Int
    var etag: String
  }

  let address: S3Address
  let credentials: CredentialsProvider
  let session: URLSession

  /// One session for a sink: its connections are kept between requests.
  static func makeSession(timeout: Duration) -> URLSession {
    let configuration = URLSessionConfiguration.ephemeral
    configuration.timeoutIntervalForRequest = Double(timeout.components.seconds)
    configuration.timeoutIntervalForResource = 2 * Double(timeout.components.seconds)
    configuration.httpCookieStorage = nil
    configuration.urlCache = nil
    configuration.httpMaximumConnectionsPerHost = 4
    return URLSession(configuration: configuration)
  }

  /// Stores `body` under `key`; returns once the server has answered that it is stored.
  func put(_ body: [UInt8], key: String, contentType: String) async throws(SinkError) {
    _ = try await send("PUT", key: key, headers: [("content-type", contentType)], body: body)
  }

  func get(_ key: String) async throws(SinkError) -> [UInt8] {
    try await send("GET", key: key).body
  }

  /// Nil where there is no such object.
  func getIfPresent(_ key: String) async throws(SinkError) -> [UInt8]? {
    do {
      return try await get(key)
    } catch  where error.code == "NoSuchKey" {
      return nil
    }
  }

  func delete(_ key: String) async throws(SinkError) {
    _ = try await send("DELETE", key: key)
  }

  /// A copy on the server's side, within the bucket.
  func copy(_ key: String, to target: String) async throws(SinkError) {
    let source = SignatureV4.encoded("/\(address.bucket)/\(key)", keeping: "/")
    _ = try await send("PUT", key: target, headers: [("x-amz-copy-source", source)])
  }

  /// Whether the bucket is there and may be reached.
  func headBucket() async throws(SinkError) {
    _ = try await send("HEAD", key: "")
  }

  /// A page of at most 1,000 keys below `prefix` behind `after`, in order of their bytes.
  func list(prefix: String, after: String? = nil, delimiter: String? = nil, max: Int = 1000)
    async throws(SinkError) -> (objects: [Object], prefixes: [String], isTruncated: Bool)
  {
    var query = [("list-type", "2"), ("prefix", prefix), ("max-keys", String(max))]
    if let after { query.append(("start-after", after)) }
    if let delimiter { query.append(("delimiter", delimiter)) }
    let answer = try await send("GET", key: "", query: query)
    var objects: [Object] = []
    var prefixes: [String] = []
    var isTruncated = false
    var isInsideObject = false
    for element in FlatXML(answer.body).elements {
      switch element.name {
      case "Key":
        objects.append(Object(key: element.text, size: 0, etag: ""))
        isInsideObject = true
      case "Size" where isInsideObject: objects[objects.count - 1].size = Int(element.text) ?? 0
      case "ETag" where isInsideObject: objects[objects.count - 1].etag = element.text
      // The first Prefix is the request's own; those of common prefixes end with the delimiter.
      case "Prefix" where element.text != prefix || isInsideObject:
        if let delimiter, element.text.hasSuffix(delimiter) { prefixes.append(element.text) }
      case "IsTruncated": isTruncated = element.text == "true"
      default: break
      }
    }
    return (objects, prefixes, isTruncated)
  }

  // MARK: - One request

  private func send(
    _ method: String, key: String, query: [(String, String)] = [],
    headers: [(String, String)] = [], body: [UInt8] = []
  ) async throws(SinkError) -> (body: [UInt8], headers: [String: String]) {
    let what =
      "\(method) of \(key.isEmpty ? "the bucket \(address.bucket)" : key) at \(address.host)"
    let now = EventTime.now
    let signed = SignatureV4(region: address.region).sign(
      SignatureV4.Request(
        method: method, path: address.path(key: key), query: query, headers: headers,
        host: address.host, payloadHash: Digest.hex(Digest.sha256(body))),
      with: try await credentials.credentials(at: now), at: now)
    let request = try makeRequest(method, key: key, query: query, headers + signed, body)
    let (data, response) = try await exchange(request, doing: what)
    var answered: [String: String] = [:]
    for (name, value) in response.allHeaderFields {
      answered["\(name)".lowercased()] = "\(value)"
    }
    let bytes = [UInt8](data)
    // S3 can answer a copy with 200 and an error in the body.
    let isError =
      !(200..<300).contains(response.statusCode)
      || (headers.contains { $0.0 == "x-amz-copy-source" }
        && FlatXML(bytes).first("Code") != nil)
    guard isError else { return (bytes, answered) }
    let error = S3Error(status: response.statusCode, body: bytes, headers: answered)
    if error.remedy == .stop { await credentials.forget() }
    throw error.sinkError(doing: what)
  }

  private func makeRequest(
    _ method: String, key: String, query: [(String, String)], _ headers: [(String, String)],
    _ body: [UInt8]
  ) throws(SinkError) -> URLRequest {
    var text =
      "\(address.scheme)://\(address.host)"
      + SignatureV4.encoded(address.path(key: key), keeping: "/")
    if !query.isEmpty { text += "?" + SignatureV4.encodedQuery(query) }
    guard let url = URL(string: text) else {
      throw SinkError(
        .stop, code: "BadAddress",
        "\(text) is no address: check bucket, endpoint and prefix in the configuration.")
    }
    var request = URLRequest(url: url)
    request.httpMethod = method
    for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
    if method == "PUT" { request.httpBody = Data(body) }
    return request
  }

  private func exchange(_ request: URLRequest, doing what: String) async throws(SinkError)
    -> (Data, HTTPURLResponse)
  {
    do {
      let (data, response) = try await session.data(for: request)
      guard let response = response as? HTTPURLResponse else {
        throw SinkError(.retry, code: "NoAnswer", "\(what) was answered with no HTTP.")
      }
      return (data, response)
    } catch let error as SinkError {
      throw error
    } catch let error as URLError {
      throw Self.sinkError(error, doing: what)
    } catch {
      throw SinkError(.retry, code: "Network", "\(what) failed: \(error). It is tried again.")
    }
  }

  private static func sinkError(_ error: URLError, doing what: String) -> SinkError {
    let (code, sentence): (String, String) =
      switch error.code {
      case .timedOut: ("Timeout", "had no answer in time")
      case .cannotConnectToHost: ("ConnectionRefused", "found nobody listening there")
      case .cannotFindHost, .dnsLookupFailed: ("UnknownHost", "found no such host")
      case .networkConnectionLost: ("ConnectionReset", "lost its connection")
      case .secureConnectionFailed, .serverCertificateUntrusted, .serverCertificateHasBadDate:
        ("TLS", "could not trust the server's certificate")
      default: ("Network", "failed: \(error.localizedDescription)")
      }
    return SinkError(
      .retry, code: code,
      "\(what) \(sentence). It is tried again; check `endpoint` and the network.")
  }
}
