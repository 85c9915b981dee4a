package import Foundation

/// Where a bucket is: at Amazon, or at any compatible server.
package struct S3Address: Sendable, Hashable {
  package var bucket: String
  package var region: String
  /// That of a compatible server, as `http://127.0.0.1:9000`; nil for Amazon.
  package var endpoint: URL?
  /// Whether the bucket is in the path rather than in the host's name. The default with an
  /// endpoint, and if the bucket's name has a dot, which a certificate's wildcard does not cover.
  package var isPathStyle: Bool

  package init(bucket: String, region: String, endpoint: URL? = nil, isPathStyle: Bool? = nil) {
    self.bucket = bucket
    self.region = region
    self.endpoint = endpoint
    self.isPathStyle = isPathStyle ?? (endpoint != nil || bucket.contains("."))
  }

  var scheme: String { endpoint?.scheme ?? "https" }

  /// As in the `Host` header: with the port unless it is the scheme's own.
  var host: String {
    let server: String
    if let endpoint, let found = endpoint.host {
      // Foundation takes the brackets of an IPv6 address away.
      let name = found.contains(":") ? "[\(found)]" : found
      let isOwnPort = endpoint.port == (scheme == "https" ? 443 : 80)
      server = name + (isOwnPort ? "" : endpoint.port.map { ":\($0)" } ?? "")
    } else {
      server = "s3.\(region).amazonaws.com"
    }
    return isPathStyle ? server : "\(bucket).\(server)"
  }

  /// For people, without the user and password that an address may contain.
  var shown: String { "\(scheme)://\(host)" }

  /// The path of an object, or of the bucket itself if `key` is empty; not yet encoded.
  func path(key: String) -> String {
    isPathStyle ? "/\(bucket)" + (key.isEmpty ? "" : "/\(key)") : "/\(key)"
  }
}
