internal import EventPersistence
internal import FeedSink
internal import Foundation
package import Wording

/// `--sink URI`: a secondary without a configuration file.
///
/// `file:///srv/archive?compression=zstd`, `s3://bucket/prefix?region=…`, `command:audit-loader`,
/// `ws://127.0.0.1:4100`, `nats://127.0.0.1:4222/STREAM`; `#NAME` at its end names it; without it, its kind is its name.
package enum SinkURI {
  package static func parse(_ text: String) throws(Refusal) -> ConfiguredSecondary {
    guard let colon = text.firstIndex(of: ":") else {
      throw mistake(text, "it has no scheme")
    }
    let scheme = text[..<colon].lowercased()
    var rest = String(text[text.index(after: colon)...])
    var name: String?
    if let hash = rest.lastIndex(of: "#") {
      name = String(rest[rest.index(after: hash)...])
      rest = String(rest[..<hash])
    }
    let kind: ConfiguredSecondary.Kind
    var bounds = ConfiguredFile.Bounds()
    switch scheme {
    case "file": kind = .file(try file(rest, of: text, &bounds))
    case "command":
      let words = rest.split(separator: " ").map(String.init)
      guard !words.isEmpty else { throw mistake(text, "it names no program") }
      let paths = ConfiguredPaths(
        folder: FileManager.default.currentDirectoryPath, home: nil)
      kind = .command(ConfiguredCommand(CommandPath.resolve(words, paths: paths)))
    case "s3":
      var why = ""
      guard let s3 = ConfiguredS3.parse(rest, why: &why) else { throw mistake(text, why) }
      kind = .s3(s3)
    case "nats", "tls":
      var why = ""
      guard let stream = ConfiguredJetStream.parse(scheme, rest, why: &why) else {
        // Before an @ stands what may be a password.
        throw mistake(rest.contains("@") ? "\(scheme)://…" : text, why)
      }
      kind = .jetstream(stream)
    case "ws": kind = .feed(ConfiguredFeed(address: try address(rest, of: text)))
    default: throw mistake(text, "the scheme \"\(scheme)\" is unknown")
    }
    var secondary = ConfiguredSecondary(name: name ?? kind.name.rawValue, kind: kind)
    secondary.maxEvents = bounds.maxEvents
    secondary.maxBytes = bounds.maxBytes
    guard ConfiguredSecondary.isName(secondary.name) else {
      throw Refusal(
        .usage,
        "--sink \(text): expected \(ConfiguredSecondary.nameExpectation) after #, "
          + "found \"\(secondary.name)\"")
    }
    return secondary
  }

  private static func file(
    _ rest: String, of text: String, _ bounds: inout ConfiguredFile.Bounds
  ) throws(Refusal) -> ConfiguredFile {
    let parts = rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    var file = ConfiguredFile(path: try path(String(parts[0]), of: text))
    guard parts.count > 1 else { return file }
    let items = parts[1].split(separator: "&").map { item in
      let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return (key: String(pair[0]), value: pair.count > 1 ? String(pair[1]) : "")
    }
    if let why = file.take(items, of: &bounds) { throw mistake(text, why) }
    return file
  }

  private static func path(_ rest: String, of text: String) throws(Refusal) -> String {
    guard rest.hasPrefix("//") else {
      throw mistake(text, "it needs an absolute path after file://")
    }
    let path = rest.dropFirst(2)
    guard path.hasPrefix("/") else {
      throw mistake(text, "it names a host; expected three slashes and a path")
    }
    guard let decoded = String(path).removingPercentEncoding else {
      throw mistake(text, "a % in it must be followed by two hex digits")
    }
    return FilePaths.absolute(decoded)
  }

  private static func address(_ rest: String, of text: String) throws(Refusal) -> FeedAddress {
    let place = rest.hasSuffix("/") && rest.count > 2 ? rest.dropLast() : rest[...]
    guard place.hasPrefix("//"), let address = FeedAddress(String(place.dropFirst(2))) else {
      throw mistake(text, "it needs \(ConfiguredFeed.addressExpectation) after ws://")
    }
    return address
  }

  private static func mistake(_ text: String, _ why: String) -> Refusal {
    Refusal(
      .usage,
      "--sink \(text): \(why); expected file:///FOLDER, s3://BUCKET/PREFIX, ws://HOST:PORT, "
        + "ws://unix:/PATH, nats://HOST:PORT/STREAM or command:PROGRAM, "
        + "optionally with #NAME at the end")
  }
}
