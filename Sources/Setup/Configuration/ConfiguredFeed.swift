package import FeedSink
internal import Foundation
package import Wording

/// The configuration of a secondary of kind `feed`.
package struct ConfiguredFeed: Sendable, Hashable {
  package var address: FeedAddress
  /// Origins of pages whose scripts may connect.
  package var allowedOrigins: [String] = []

  package static let keys = ["listen", "allow-origin"]
  package static let addressExpectation = "an address and a port, like 127.0.0.1:4100 or [::1]:4100"

  package static func read(_ map: ConfigurationMapping) throws(Refusal) -> ConfiguredFeed {
    guard let text = try map.plain("listen", expected: addressExpectation) else {
      throw map.missing("listen", expected: addressExpectation)
    }
    guard !text.contains("@") else {
      // It may be a password.
      throw map.mistake(
        at: "listen", "\"listen\": expected \(addressExpectation), without a user or a password")
    }
    guard let address = FeedAddress(text) else {
      throw map.mistake(at: "listen", expected: addressExpectation)
    }
    var feed = ConfiguredFeed(address: address)
    let expectation = "a list of origins, like [https://scrolls.example]"
    if let origins = try map.list("allow-origin", of: "origins") {
      guard origins.allSatisfy(isOrigin) else {
        throw map.mistake(at: "allow-origin", expected: expectation)
      }
      feed.allowedOrigins = origins
    }
    return feed
  }

  /// `SCHEME://HOST[:PORT]`, without a path, as browsers send it.
  private static func isOrigin(_ text: String) -> Bool {
    guard let mark = text.range(of: "://") else { return false }
    return mark.lowerBound > text.startIndex && mark.upperBound < text.endIndex
      && !text[mark.upperBound...].contains { "/?# ".contains($0) }
  }
}
