package import Compression
package import EventPersistence
package import Foundation
package import S3Sink
package import Wording

/// The configuration of a secondary of kind `s3`.
package struct ConfiguredS3: Sendable, Hashable {
  package var bucket: String
  package var prefix = ""
  /// Nil: `AWS_REGION`, `AWS_DEFAULT_REGION`, else us-east-1.
  package var region: String?
  /// Of a compatible server; nil: Amazon's.
  package var endpoint: URL?
  /// Nil: chosen from the endpoint and the bucket's name.
  package var isPathStyle: Bool?
  /// Of the shared credentials file.
  package var profile: String?
  package var layout = S3Manifest.Layout.batches
  package var content = S3Manifest.Content.events
  package var compression = Compression.zstd
  package var objects = ObjectOptions()
  package var interval = Duration.seconds(60)
  package var grace = Duration.seconds(10)
  package var timeout = Duration.seconds(60)

  package init(bucket: String) { self.bucket = bucket }

  package static let keys =
    [
      "bucket", "prefix", "region", "endpoint", "path-style", "profile", "layout", "compression",
      "interval", "grace", "timeout",
    ] + objectKeys

  package static let bucketExpectation =
    "a bucket's name: 3 to 63 characters out of a-z, A-Z, 0-9, . _ -"
  private static let prefixExpectation =
    "text of at most 512 bytes without control "
    + "characters, and without . or .. between slashes"
  private static let endpointExpectation =
    "http:// or https:// with a host and nothing after it, like http://127.0.0.1:9000 or "
    + "http://[::1]:9000"

  package static func isBucket(_ text: String) -> Bool {
    (3...63).contains(text.utf8.count)
      && text.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9._-]*/) != nil
  }

  package static func read(_ map: ConfigurationMapping) throws(Refusal) -> ConfiguredS3 {
    guard let bucket = try map.plain("bucket", expected: bucketExpectation) else {
      throw map.missing("bucket", expected: bucketExpectation)
    }
    var s3 = ConfiguredS3(bucket: bucket)
    guard isBucket(bucket) else { throw map.mistake(at: "bucket", expected: bucketExpectation) }
    if let prefix = try map.plain("prefix", expected: prefixExpectation) {
      guard isPrefix(prefix) else { throw map.mistake(at: "prefix", expected: prefixExpectation) }
      s3.prefix = prefix
    }
    s3.region = try map.plain("region", expected: "a region like eu-west-1")
    if let text = try map.plain("endpoint", expected: endpointExpectation) {
      guard let endpoint = Self.endpoint(text) else {
        throw map.mistake(at: "endpoint", expected: endpointExpectation)
      }
      s3.endpoint = endpoint
    }
    s3.profile = try map.plain("profile", expected: "a profile's name")
    switch try map.plain("path-style", expected: "true or false") {
    case nil: break
    case "true": s3.isPathStyle = true
    case "false": s3.isPathStyle = false
    default: throw map.mistake(at: "path-style", expected: "true or false")
    }
    if let layout = try word(map, "layout", ["batches", "per-event"]) {
      s3.layout = S3Manifest.Layout(rawValue: layout)!
    }
    if let compression = try word(map, "compression", Compression.allCases.map(\.rawValue)) {
      s3.compression = Compression(rawValue: compression)!
    }
    try s3.readTimes(map)
    try s3.readObjects(map)
    // `SecondaryEntry` reads the selection of every kind; here it also decides what a line is.
    if try map.plain("select", expected: "events or transactions") == "transactions" {
      s3.content = .transactions
      guard s3.layout == .batches else {
        throw map.mistake(
          at: "select",
          "\"select\": transactions cannot be combined with layout: per-event, because a node "
            + "reads whole events. Use select: events or layout: batches")
      }
    }
    return s3
  }

  private mutating func readTimes(_ map: ConfigurationMapping) throws(Refusal) {
    if let interval = try map.duration("interval") {
      guard interval >= .seconds(1), interval.components.attoseconds == 0 else {
        throw map.mistake(at: "interval", expected: "a duration of whole seconds, 1s or more")
      }
      self.interval = interval
    }
    if let grace = try map.duration("grace") { self.grace = grace }
    if let timeout = try map.duration("timeout") {
      guard timeout >= .seconds(1) else {
        throw map.mistake(at: "timeout", expected: "a duration of 1s or more")
      }
      self.timeout = timeout
    }
  }

  private static func word(_ map: ConfigurationMapping, _ key: String, _ words: [String])
    throws(Refusal) -> String?
  {
    let expected = words.joined(separator: ", ")
    guard let word = try map.plain(key, expected: expected) else { return nil }
    guard words.contains(word) else { throw map.mistake(at: key, expected: expected) }
    return word
  }

  private static func isPrefix(_ text: String) -> Bool {
    text.utf8.count <= 512
      && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
      // In the path of a request they would name another key.
      && !text.split(separator: "/").contains { $0 == "." || $0 == ".." }
  }

  /// Nil if it is not an endpoint. A user in it is refused too, because it could carry a secret.
  package static func endpoint(_ text: String) -> URL? {
    guard let parts = URLComponents(string: text), let url = parts.url,
      ["http", "https"].contains(parts.scheme), !(parts.host ?? "").isEmpty,
      parts.user == nil, parts.password == nil, ["", "/"].contains(parts.path),
      parts.query == nil, parts.fragment == nil
    else { return nil }
    return url
  }

  // MARK: - s3://bucket/prefix?region=…&endpoint=…&profile=…

  private static let queryKeys =
    ["region", "endpoint", "profile", "compression", "layout"]
    + objectKeys

  /// - Parameter rest: the text after `s3:`.
  /// - Returns: Nil if the URI is wrong; `why` then says why.
  package static func parse(_ rest: String, why: inout String) -> ConfiguredS3? {
    guard rest.hasPrefix("//") else {
      why = "it needs a bucket after s3://"
      return nil
    }
    let halves = rest.dropFirst(2).split(
      separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    let path = halves[0].split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    var s3 = ConfiguredS3(bucket: String(path[0]))
    guard isBucket(s3.bucket) else {
      why = "expected \(bucketExpectation)"
      return nil
    }
    if path.count == 2 {
      guard let prefix = String(path[1]).removingPercentEncoding, isPrefix(prefix) else {
        why = "its prefix is not valid: expected \(prefixExpectation)"
        return nil
      }
      s3.prefix = prefix
    }
    guard halves.count == 2 else { return s3 }
    for pair in halves[1].split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let key = String(parts[0])
      guard parts.count == 2, let value = String(parts[1]).removingPercentEncoding, !value.isEmpty,
        s3.set(key, value)
      else {
        why =
          "\"\(pair)\" is not an option of s3://; expected "
          + queryKeys.map { "\($0)=…" }.joined(separator: ", ")
        return nil
      }
    }
    guard s3.isKeyInUse else {
      why = "\"kms-key-id\": expected \(objectExpectation("kms-key-id"))"
      return nil
    }
    return s3
  }

  private mutating func set(_ key: String, _ value: String) -> Bool {
    switch key {
    case "region": region = value
    case "profile": profile = value
    case "endpoint":
      guard let url = Self.endpoint(value) else { return false }
      endpoint = url
    case "compression":
      guard let compression = Compression(rawValue: value) else { return false }
      self.compression = compression
    case "layout":
      guard let layout = S3Manifest.Layout(rawValue: value) else { return false }
      self.layout = layout
    default: return setObject(key, value)
    }
    return true
  }
}

extension ConfiguredS3 {
  /// The options of the sink, and of a reader of its archive.
  package func options(
    of secondary: ConfiguredSecondary, in state: StateDirectory, environment: [String: String]
  ) -> S3Sink.Options {
    let region =
      region ?? environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"] ?? "us-east-1"
    let rule = BatchRule(
      interval: interval, maxEvents: secondary.maxEvents ?? BatchRule().maxEvents,
      maxBytes: secondary.maxBytes ?? BatchRule().maxBytes)
    var options = S3Sink.Options(
      address: S3Address(
        bucket: bucket, region: region, endpoint: endpoint, isPathStyle: isPathStyle),
      prefix: prefix, profile: profile, layout: layout, content: content,
      compression: compression, objects: objects, rule: rule, grace: grace,
      selection: secondary.selection,
      ownerFile: state.folder(secondary.name).path + "/s3-owner.json", environment: environment,
      timeout: timeout)
    options.argument = state.argument(secondary.name)
    return options
  }
}
