import EventPersistence
import Foundation

/// The few S3 requests that a sink needs, signed, over persistent connections.
struct S3Client: Sendable {
  struct Object: Sendable, Hashable {
    var key: String
    var size: Int
    var etag: String
    /// When it was last written, by the server's clock; nil if the server does not say.
    var writtenAt: EventTime?
  }

  let address: S3Address
  let objects: ObjectOptions
  let credentials: CredentialsProvider
  let session: HTTPSession
  let clock: ServerClock

  /// Stores `body` under `key`; returns once the server has answered that it is stored.
  ///
  /// - Parameter turn: before it has come, the server does not get all of `body`, and stores
  ///   nothing. There must be a body then.
  func put(
    _ body: Payload, key: String, contentType: String, metadata: [(String, String)] = [],
    ifAbsent: Bool = false, turn: HTTPTurn? = nil
  ) async throws(SinkError) {
    precondition(turn == nil || !body.isEmpty, "a body of no bytes has no last one to hold back")
    var headers = [("content-type", contentType)]
    headers += metadata.map { ("x-amz-meta-\($0.0)", $0.1) }
    if ifAbsent { headers.append(("if-none-match", "*")) }
    headers += objects.headers
    // The server checks it, and keeps it with the object.
    let digest = Digest.sha256(body)
    let checksum = objects.checksum(of: body, sha256: digest)
    if let checksum { headers.append(checksum) }
    _ = try await send(
      "PUT", key: key, headers: headers, body: body, digest: digest,
      turn: turn, proof: .stored(checksum: checksum))
  }

  func get(_ key: String) async throws(SinkError) -> [UInt8] {
    try await send("GET", key: key, proof: .held).body
  }

  /// Nil if there is no such object.
  func getIfPresent(_ key: String) async throws(SinkError) -> [UInt8]? {
    do {
      return try await get(key)
    } catch  where error.code == "NoSuchKey" {
      return nil
    }
  }

  /// An object's metadata, with names in lower case and without `x-amz-meta-`; nil if there is no
  /// such object.
  func metadata(_ key: String) async throws(SinkError) -> [String: String]? {
    do {
      var metadata: [String: String] = [:]
      for (name, value) in try await send("HEAD", key: key, proof: .held).headers
      where name.hasPrefix("x-amz-meta-") {
        metadata[String(name.dropFirst("x-amz-meta-".count))] = value
      }
      return metadata
    } catch  where error.code == "NotFound" {
      return nil
    }
  }

  /// Whether `key` holds exactly `body` with this metadata: by the server's checksum or, if it
  /// gives none, by the bytes.
  func isStored(
    _ body: Payload, _ key: String, described metadata: [(String, String)]
  ) async throws(SinkError) -> Bool {
    let found: Answer
    do throws(SinkError) {
      found = try await send(
        "HEAD", key: key,
        headers: objects.checksum == .sha256 ? [("x-amz-checksum-mode", "ENABLED")] : [],
        proof: .held)
    } catch {
      if error.code == "NotFound" { return false }
      // An answer without a body does not say what is wrong; this one does.
      _ = try await get(key)
      throw error
    }
    guard metadata.allSatisfy({ found.headers["x-amz-meta-\($0.0)"] == $0.1 }),
      found.headers["content-length"].map({ $0 == String(body.count) }) ?? true
    else { return false }
    if let checksum = found.headers["x-amz-checksum-sha256"] {
      return checksum == Data(Digest.sha256(body)).base64EncodedString()
    }
    let held = try await getIfPresent(key)
    return held.map { held in body.withUnsafeBytes { $0.elementsEqual(held) } } ?? false
  }

  /// Whether the credentials may store objects below `prefix`. Stores nothing: it completes an
  /// upload that was never begun. That needs the permission `s3:PutObject`, which a server checks
  /// before it finds that there is no such upload.
  ///
  /// - Returns: nil if the server's answer does not say.
  /// - Throws: with `AccessDenied` if they may not, and if anything else fails.
  func mayPut(below prefix: String) async throws(SinkError) -> Bool? {
    let parts =
      "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber>"
      + "<ETag>&quot;d41d8cd98f00b204e9800998ecf8427e&quot;</ETag></Part></CompleteMultipartUpload>"
    do throws(SinkError) {
      _ = try await send(
        "POST", key: prefix + "hydra-sinks-check", query: [("uploadId", "never-begun")],
        headers: [("content-type", "application/xml")] + objects.headers,
        body: Payload(Array(parts.utf8)),
        proof: .document(root: "CompleteMultipartUploadResult"))
      return nil
    } catch {
      switch error.code {
      case "NoSuchUpload": return true
      case "AccessDenied", "AllAccessDisabled", "AccountProblem": throw error
      default:
        // The listing before succeeded: a server that is unreachable now says nothing about
        // permissions.
        return nil
      }
    }
  }

  func delete(_ key: String) async throws(SinkError) {
    _ = try await send("DELETE", key: key, proof: .noContent)
  }

  /// Copies an object with its metadata within the bucket, on the server's side.
  func copy(_ key: String, to target: String) async throws(SinkError) {
    let source = SignatureV4.encoded("/\(address.bucket)/\(key)", keeping: "/")
    _ = try await send(
      "PUT", key: target, headers: [("x-amz-copy-source", source)] + objects.copyHeaders,
      proof: .document(root: "CopyObjectResult", element: "ETag"))
  }

  // MARK: - One request

  struct Answer {
    var status: Int
    var isSuccess: Bool
    /// Names in lower case.
    var headers: [String: String]
    var body: [UInt8]
    /// What the server says; without a root if `body` is an object's content.
    var document: XMLAnswer

    init(_ answer: HTTPAnswer, isContent: Bool) {
      status = answer.status
      headers = answer.headers
      body = answer.body
      isSuccess = (200..<300).contains(status)
      document = XMLAnswer(isContent && isSuccess ? [] : body)
    }
  }

  /// More than an object of one event has, whose line is at most 256 MiB.
  private static let contentBytesMax = 512 << 20
  /// More than a page of a listing has: 1,000 keys of 1 KiB, each byte encoded in three.
  static let documentBytesMax = 16 << 20

  /// How often to try a request that changes nothing if it fails at once.
  private static let triesMax = 3

  func send(
    _ method: String, key: String, query: [(String, String)] = [],
    headers: [(String, String)] = [], body: Payload = [], digest: [UInt8]? = nil,
    turn: HTTPTurn? = nil, proof: AnswerProof
  ) async throws(SinkError) -> Answer {
    let digest = digest ?? Digest.sha256(body)
    let isReading = method == "GET" || method == "HEAD"
    var tries = 1
    while true {
      do throws(SinkError) {
        return try await sendSigned(method, key, query, headers, (body, digest), turn, proof)
      } catch {
        // The caller waits with backoff; but a listing of many pages should not begin again for
        // one.
        guard isReading, tries < Self.triesMax, error.remedy == .retry, error.code != "Timeout",
          error.code != "NonsenseAnswer", !Task.isCancelled
        else { throw error }
        try? await Task.sleep(for: .milliseconds(200 << tries))
        tries += 1
      }
    }
  }

  private func sendSigned(
    _ method: String, _ key: String, _ query: [(String, String)], _ headers: [(String, String)],
    _ body: (payload: Payload, digest: [UInt8]), _ turn: HTTPTurn?, _ proof: AnswerProof
  ) async throws(SinkError) -> Answer {
    let what = what(method, key)
    var hasLookedAgain = false
    while true {
      let now = clock.now
      let found = try await credentials.credentials(at: now)
      let added = SignatureV4(region: address.region).sign(
        SignatureV4.Request(
          method: method, path: address.path(key: key), query: query, headers: headers,
          host: address.host, payloadHash: Digest.hex(body.digest)),
        with: found, at: now)
      let isContent = if case .held = proof { true } else { false }
      let request = HTTPRequest(
        method: method, address: url(key, query), headers: headers + added,
        body: method == "PUT" || method == "POST" ? body.payload : nil,
        bytesMax: isContent ? Self.contentBytesMax : Self.documentBytesMax, turn: turn)
      let answer = Answer(try await exchange(request, doing: what), isContent: isContent)
      guard let error = S3Error(answer) else {
        guard let objection = proof.objection(to: answer) else { return answer }
        throw isNotS3(answer, to: what, objection)
      }
      if error.code == "RequestTimeTooSkewed", clock.adopt(date: answer.headers["date"]) {
        continue
      }
      if error.remedy == .retry { session.countFailure() }
      if error.isOfCredentials, !hasLookedAgain {
        // They may have been renewed at their origin.
        await credentials.forget()
        hasLookedAgain = true
        if let renewed = try? await credentials.credentials(at: clock.now), renewed != found {
          continue
        }
      }
      throw found.scrubbed(error.sinkError(doing: what))
    }
  }

  func what(_ method: String, _ key: String) -> String {
    let key = key.isEmpty ? "" : "\(key) in "
    return "\(method) of \(key)the bucket \(address.bucket) at \(address.host)"
  }

  func isNotS3(_ answer: Answer, to what: String, _ objection: String) -> SinkError {
    session.countFailure()
    return SinkError(
      .retry, code: "NonsenseAnswer",
      "\(what) was answered with status \(answer.status) \(objection): the server is not an S3 "
        + "server, or a proxy answered in its place. hydra-sinks tries again; check `endpoint`.")
  }

  private func url(_ key: String, _ query: [(String, String)]) -> String {
    let path = SignatureV4.encoded(address.path(key: key), keeping: "/")
    return "\(address.scheme)://\(address.host)\(path)"
      + (query.isEmpty ? "" : "?" + SignatureV4.encodedQuery(query))
  }

  private func exchange(
    _ request: HTTPRequest, doing what: String
  ) async throws(SinkError) -> HTTPAnswer {
    do {
      return try await session.answer(to: request)
    } catch {
      session.countFailure()
      throw Self.sinkError(error, doing: what)
    }
  }

  private static func sinkError(_ failure: HTTPFailure, doing what: String) -> SinkError {
    let (code, sentence): (String, String) =
      switch failure.kind {
      case .tooLarge: ("TooLarge", "got an answer without an end")
      case .timedOut: ("Timeout", "got no answer in time")
      case .refused: ("ConnectionRefused", "was refused: no server listens there")
      case .unknownHost: ("UnknownHost", "failed: there is no such host")
      case .connectionLost: ("ConnectionReset", "lost its connection")
      case .untrusted: ("TLS", "could not trust the server's certificate (\(failure.said))")
      case .cancelled: ("Cancelled", "was cancelled")
      case .notHTTP: ("Network", "got an answer that is not HTTP")
      case .badAddress: ("BadAddress", "failed: its address is not valid")
      case .other: ("Network", "failed: \(failure.said)")
      }
    let advice =
      code == "TLS"
      ? "check `endpoint`, and that this machine trusts the issuer (update-ca-certificates)"
      : "check `endpoint` and the network"
    return SinkError(
      .retry, code: code, "\(what) \(sentence). hydra-sinks tries again; \(advice).")
  }
}
