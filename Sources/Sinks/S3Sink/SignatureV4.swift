import EventPersistence

/// AWS Signature Version 4, by header, as the "AWS Signature Version 4 for API requests" guide and the
/// "Examples: Signature Calculations" page of Amazon S3 describe it.
///
/// S3 differs from the other services in one thing: the path is encoded once, not twice.
struct SignatureV4 {
  var region: String
  var service = "s3"

  /// The bytes of a request that the signature covers.
  struct Request {
    var method: String
    /// Not yet encoded, beginning with `/`.
    var path: String
    /// Not yet encoded.
    var query: [(name: String, value: String)] = []
    /// Names in any case; `host` and `x-amz-date` are added by `sign`.
    var headers: [(name: String, value: String)] = []
    var host: String
    /// The lower-case hexadecimal SHA-256 of the body.
    var payloadHash: String
  }

  /// The headers to send with `request` in addition to its own: `authorization`, `x-amz-date`,
  /// `x-amz-content-sha256` and, for temporary credentials, `x-amz-security-token`.
  func sign(_ request: Request, with credentials: Credentials, at time: EventTime)
    -> [(name: String, value: String)]
  {
    let stamp = Self.stamp(time)
    var added = [
      (name: "x-amz-content-sha256", value: request.payloadHash),
      (name: "x-amz-date", value: stamp),
    ]
    if let token = credentials.sessionToken {
      added.append((name: "x-amz-security-token", value: token))
    }
    let canonical = canonicalRequest(request, added: added)
    let scope = "\(stamp.prefix(8))/\(region)/\(service)/aws4_request"
    let toSign = [
      "AWS4-HMAC-SHA256", stamp, scope, Digest.hex(Digest.sha256(Array(canonical.text.utf8))),
    ].joined(separator: "\n")
    let signature = Digest.hex(
      Digest.hmacSHA256(
        key: key(for: credentials, day: String(stamp.prefix(8))), Array(toSign.utf8)))
    let authorization =
      "AWS4-HMAC-SHA256 Credential=\(credentials.accessKeyId)/\(scope),"
      + "SignedHeaders=\(canonical.signedHeaders),Signature=\(signature)"
    return added + [(name: "authorization", value: authorization)]
  }

  private func canonicalRequest(_ request: Request, added: [(name: String, value: String)])
    -> (text: String, signedHeaders: String)
  {
    let headers = (request.headers + added + [(name: "host", value: request.host)])
      .map { (name: $0.name.lowercased(), value: Self.folded($0.value)) }
      .sorted { $0.name < $1.name }
    let signedHeaders = headers.map(\.name).joined(separator: ";")
    let text = [
      request.method, Self.encoded(request.path, keeping: "/"), Self.encodedQuery(request.query),
      headers.map { "\($0.name):\($0.value)\n" }.joined(), signedHeaders, request.payloadHash,
    ].joined(separator: "\n")
    return (text, signedHeaders)
  }

  private func key(for credentials: Credentials, day: String) -> [UInt8] {
    [day, region, service, "aws4_request"].reduce(
      Array("AWS4\(credentials.secretAccessKey)".utf8)
    ) { Digest.hmacSHA256(key: $0, Array($1.utf8)) }
  }

  /// `20130524T000000Z`
  static func stamp(_ time: EventTime) -> String {
    time.text(fractionDigits: 0).filter { $0 != "-" && $0 != ":" }
  }

  /// Percent-encodes all but the unreserved characters of RFC 3986, in upper-case hexadecimal.
  static func encoded(_ text: String, keeping kept: String = "") -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    let unencoded = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
      .union(kept.utf8)
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      if unencoded.contains(byte) {
        bytes.append(byte)
      } else {
        bytes += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Names and values encoded, sorted by name, then by value.
  static func encodedQuery(_ query: [(name: String, value: String)]) -> String {
    query.map { (encoded($0.name), encoded($0.value)) }
      .sorted { $0 < $1 }
      .map { "\($0)=\($1)" }
      .joined(separator: "&")
  }

  /// Trims white space at the ends, and makes each run of spaces one.
  private static func folded(_ value: String) -> String {
    value.split(separator: " ").joined(separator: " ")
  }
}
