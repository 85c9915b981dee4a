package import EventPersistence
package import FeedSink
internal import Foundation
package import Wording

/// The configuration of a secondary of kind `feed`.
package struct ConfiguredFeed: Sendable, Hashable {
  package var address: FeedAddress
  /// Origins of pages whose scripts may connect.
  package var allowedOrigins: [String] = []
  /// What a consumer must show; nil: nothing.
  package var token: FeedToken?
  /// Whether a consumer that offers permessage-deflate gets compressed messages.
  package var compresses = false
  package var consumersMax = FeedSink.Options.consumersMaxDefault

  package static let keys = [
    "listen", "allow-origin", "token-file", "compression", "max-consumers",
  ]
  package static let addressExpectation =
    "an address and a port, like 127.0.0.1:4100 or [::1]:4100, or a Unix domain socket, like "
    + "unix:/run/hydra-sinks/feed.sock"
  private static let consumersMaxRange = 1...10_000

  package static func read(
    _ map: ConfigurationMapping, _ paths: ConfiguredPaths
  ) throws(Refusal) -> ConfiguredFeed {
    var feed = ConfiguredFeed(address: try address(map))
    let expectation = "a list of origins, like [https://scrolls.example]"
    if let origins = try map.list("allow-origin", of: "origins") {
      guard origins.allSatisfy(isOrigin) else {
        throw map.mistake(at: "allow-origin", expected: expectation)
      }
      feed.allowedOrigins = origins
    }
    feed.token = try map.plain("token-file", expected: FeedToken.expectation)
      .map { FeedToken(path: paths.resolve($0)) }
    switch try map.plain("compression", expected: "none or deflate") {
    case nil, "none": break
    case "deflate": feed.compresses = true
    default: throw map.mistake(at: "compression", expected: "none or deflate")
    }
    if let count = try map.count("max-consumers") {
      guard consumersMaxRange.contains(count) else {
        throw map.mistake(
          at: "max-consumers", expected: "a whole number up to \(consumersMaxRange.upperBound)")
      }
      feed.consumersMax = count
    }
    return feed
  }

  private static func address(_ map: ConfigurationMapping) throws(Refusal) -> FeedAddress {
    guard let text = try map.plain("listen", expected: addressExpectation) else {
      throw map.missing("listen", expected: addressExpectation)
    }
    if let address = FeedAddress(text) { return address }
    guard !text.contains("@") else {
      // It may be a password.
      throw map.mistake(
        at: "listen", "\"listen\": expected \(addressExpectation), without a user or a password")
    }
    throw map.mistake(at: "listen", expected: addressExpectation)
  }

  /// `SCHEME://HOST[:PORT]`, without a path, as browsers send it.
  private static func isOrigin(_ text: String) -> Bool {
    guard let mark = text.range(of: "://") else { return false }
    return mark.lowerBound > text.startIndex && mark.upperBound < text.endIndex
      && !text[mark.upperBound...].contains { "/?# ".contains($0) }
  }

  /// The options of the sink.
  package func options(
    of secondary: ConfiguredSecondary, in state: StateDirectory
  ) -> FeedSink.Options {
    var options = FeedSink.Options(
      address: address, allowedOrigins: allowedOrigins, selection: secondary.selection,
      consumersMax: consumersMax)
    options.token = token
    options.compresses = compresses
    options.userGroup = state.group
    if let events = secondary.maxEvents { options.limits.events = events }
    if let bytes = secondary.maxBytes { options.limits.bytes = bytes }
    return options
  }
}
