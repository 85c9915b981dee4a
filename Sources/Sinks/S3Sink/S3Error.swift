import EventPersistence

/// A server's error answer.
struct S3Error: Error, Sendable, Hashable {
  var status: Int
  /// The server's own code: `NoSuchBucket`, `SlowDown`; `HTTP 503` if it gave none.
  var code: String
  var message: String
  /// The bucket's region, if the server says that it is another.
  var region: String?

  /// The longest part of a server's message, and of a name in its answer, that is kept.
  private static let messageLengthMax = 300
  private static let nameLengthMax = 64

  /// Nil if the answer is no error. S3 can find an error after it has answered 200; then the body
  /// has it.
  init?(_ answer: S3Client.Answer) {
    let document = answer.document
    guard !answer.isSuccess || document.root == "Error" else { return nil }
    status = answer.status
    let name = document.first("Code").map { String($0.prefix(Self.nameLengthMax)) }
    code = name.flatMap { $0.isEmpty ? nil : $0 } ?? Self.name(answer.status)
    message = String((document.first("Message") ?? "").prefix(Self.messageLengthMax))
    region = (answer.headers["x-amz-bucket-region"] ?? document.first("Region"))
      .map { String($0.prefix(Self.nameLengthMax)) }
  }

  /// An answer to a HEAD has no body, so only the status counts.
  private static func name(_ status: Int) -> String {
    switch status {
    case 301, 307: "PermanentRedirect"
    case 403: "AccessDenied"
    case 404: "NotFound"
    case 412: "PreconditionFailed"
    case 501: "NotImplemented"
    default: "HTTP \(status)"
    }
  }

  private static let passing: Set = [
    "SlowDown", "RequestTimeout", "RequestTimeTooSkewed", "InternalError", "ServiceUnavailable",
    "OperationAborted", "ConditionalRequestConflict", "Throttling", "ThrottlingException",
    "TooManyRequests", "TooManyRequestsException", "RequestThrottled", "BadDigest",
    "IncompleteBody", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch",
  ]

  /// Whether the error can pass by itself (5xx, throttling, a clock being set, bytes damaged in
  /// transit) or someone must act.
  var remedy: SinkError.Remedy {
    if code == "NotImplemented" { return .stop }
    let canPass = status < 300 || status >= 500 || status == 429 || Self.passing.contains(code)
    return canPass ? .retry : .stop
  }

  /// Whether other credentials could help.
  var isOfCredentials: Bool {
    [
      "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "InvalidToken",
      "InvalidAccessKeyId", "SignatureDoesNotMatch",
    ].contains(code)
  }

  /// What to check: an option that the server's message names the header of, or by its code.
  var advice: String {
    if status < 500 || code == "NotImplemented",
      let named = ObjectOptions.keys.first(where: { message.lowercased().contains($0.header) })
    {
      return "Set or correct `\(named.key)`."
    }
    return switch code {
    case "NoSuchBucket", "NotFound": "Check the bucket's name, or create it."
    case "InvalidAccessKeyId": "The server does not know the access key: check the credentials."
    case "SignatureDoesNotMatch": "The secret key does not belong to the access key: check both."
    case "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "InvalidToken":
      "The session token has expired: renew the credentials; hydra-sinks reads them again by "
        + "itself."
    case "AccessDenied", "AllAccessDisabled", "AccountProblem":
      "The credentials may not do this: they need s3:ListBucket on the bucket, and s3:PutObject, "
        + "s3:GetObject and s3:DeleteObject below the prefix. If they may, the bucket may demand "
        + "`server-side-encryption`, `kms-key-id`, `acl`, `storage-class`, or `object-tags`."
    case "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException":
      "The bucket is in another "
        + "region\(region.map { ": set region: \($0)" } ?? "; check `region`")."
    case "RequestTimeTooSkewed":
      "This machine's clock is off: set it (timedatectl). Until then hydra-sinks uses the server's."
    case "SlowDown": "The server asks for fewer requests; hydra-sinks tries again more slowly."
    case "NotImplemented":
      "The server does not support this request, which S3 itself supports. Try `checksum: none`."
    default: remedy == .retry ? "hydra-sinks tries again." : "See the server's documentation."
    }
  }

  func sinkError(doing what: String) -> SinkError {
    SinkError(
      remedy, code: code,
      "\(what) was answered with \(status) \(code)\(message.isEmpty ? "" : " (\(message))"). "
        + "\(advice)"
    )
  }
}
