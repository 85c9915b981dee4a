public import Foundation

/// Where a bucket is: Amazon's, or that of any compatible server.
public struct S3Address: Sendable, Hashable {
  public var bucket: String
  public var region: String
  /// Of a compatible server, as `http://127.0.0.1:9000`; nil is Amazon's.
  public var endpoint: URL?
  /// Whether the bucket is in the path rather than in the host's name. The default: with an endpoint, and
  /// where the bucket's name has a dot, which a certificate's wildcard does not cover.
  public var isPathStyle: Bool

  public init(bucket: String, region: String, endpoint: URL? = nil, isPathStyle: Bool? = nil) {
    self.bucket = bucket
    self.region = region
    self.endpoint = endpoint
    self.isPathStyle = isPathStyle ?? (endpoint != nil || bucket.contains("."))
  }

  var scheme: String { endpoint?.scheme ?? "https" }

  /// As in the `Host` header: with the port unless it is the scheme's own.
  var host: String {
    let server: String
    if let endpoint, let name = endpoint.host {
      let isOwnPort = endpoint.port == (scheme == "https" ? 443 : 80)
      // An address of IPv6 comes without its brackets.
      let bracketed = name.contains(":") && !name.hasPrefix("[") ? "[\(name)]" : name
      server = bracketed + (isOwnPort ? "" : endpoint.port.map { ":\($0)" } ?? "")
    } else {
      server = "s3.\(region).amazonaws.com"
    }
    return isPathStyle ? server : "\(bucket).\(server)"
  }

  /// For a person, and without what a careless address says of its user.
  var shown: String { "\(scheme)://\(host)" }

  /// The path of an object, or of the bucket itself where `key` is empty; not yet encoded.
  func path(key: String) -> String {
    isPathStyle ? "/\(bucket)" + (key.isEmpty ? "" : "/\(key)") : "/\(key)"
  }
}
