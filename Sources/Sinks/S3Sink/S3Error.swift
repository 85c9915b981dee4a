import EventPersistence
import Foundation

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// What a server said instead of doing what was asked.
struct S3Error: Error, Sendable, Hashable {
  var status: Int
  /// The server's own code: `NoSuchBucket`, `SlowDown`; `HTTP 503` where it gave none.
  var code: String
  var message: String
  /// Where the server says that the bucket is elsewhere.
  var region: String?

  init(status: Int, body: [UInt8], headers: [String: String] = [:]) {
    self.status = status
    let document = FlatXML(body)
    code = document.first("Code") ?? Self.name(status)
    message = document.first("Message") ?? ""
    region = headers["x-amz-bucket-region"] ?? document.first("Region")
  }

  /// An answer to a HEAD has no body, so the status alone tells.
  private static func name(_ status: Int) -> String {
    switch status {
    case 301, 307: "PermanentRedirect"
    case 403: "AccessDenied"
    case 404: "NotFound"
    default: "HTTP \(status)"
    }
  }

  /// Whether it can pass by itself (5xx, throttling, a clock that is being set) or somebody must act.
  var remedy: SinkError.Remedy {
    let passing: Set = [
      "SlowDown", "RequestTimeout", "RequestTimeTooSkewed", "InternalError", "ServiceUnavailable",
      "OperationAborted", "ThrottlingException", "TooManyRequests", "BadDigest", "IncompleteBody",
    ]
    return status >= 500 || status == 429 || passing.contains(code) ? .retry : .stop
  }

  /// What to check, by the server's code.
  var advice: String {
    switch code {
    case "NoSuchBucket", "NotFound": "Check the bucket's name, or create it."
    case "InvalidAccessKeyId": "The access key is not known there: check the credentials."
    case "SignatureDoesNotMatch": "The secret key does not belong to the access key: check both."
    case "ExpiredToken", "TokenRefreshRequired", "InvalidToken":
      "The session token has expired: renew the credentials; they are read again by themselves."
    case "AccessDenied", "AllAccessDisabled", "AccountProblem":
      "The credentials may not do this: they need s3:PutObject, s3:GetObject and s3:ListBucket."
    case "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException":
      "The bucket is in another region\(region.map { ": set region: \($0)" } ?? "; check `region`")."
    case "RequestTimeTooSkewed": "This machine's clock is off: set it (timedatectl)."
    case "SlowDown": "The server asks for fewer requests; it is tried again more slowly."
    default: remedy == .retry ? "It is tried again." : "See the server's own documentation of it."
    }
  }

  func sinkError(doing what: String) -> SinkError {
    SinkError(
      remedy, code: code,
      "\(what) was answered with \(status) \(code)\(message.isEmpty ? "" : " (\(message))"). \(advice)"
    )
  }
}

/// The texts of an XML document's elements, by name: S3's answers need no more.
final class FlatXML: NSObject, XMLParserDelegate {
  private(set) var elements: [(name: String, text: String)] = []
  private var text = ""

  init(_ bytes: [UInt8]) {
    super.init()
    let parser = XMLParser(data: Data(bytes))
    parser.delegate = self
    // An answer that is no XML has no elements: then the status alone tells.
    _ = parser.parse()
  }

  func first(_ name: String) -> String? { elements.first { $0.name == name }?.text }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    text = ""
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

  func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
  ) {
    elements.append((name, text))
    text = ""
  }
}
