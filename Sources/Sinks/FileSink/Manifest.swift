import Compression
import EventPersistence
import Foundation

/// `hydra-sinks.json`, which says what lies beside it: the version of its form, and what decides the limits of
/// its segments. No times, so that the same archive has the same bytes.
struct Manifest: Codable, Hashable {
  static let name = "hydra-sinks.json"
  /// The form that this version writes and reads: segments of JSON lines under `events/`, packed or not.
  static let schema = 1

  var schema = Self.schema
  var compression = "none"
  var intervalSeconds: Int64
  var maxBytes: Int
  var maxEvents: Int
  /// Which events were stored: each selection that ever was in effect. Nil: `events`.
  var select: [String]?

  init(_ options: FileSink.Options) {
    compression = options.compression.rawValue
    intervalSeconds = options.rule.intervalSeconds
    maxBytes = options.rule.maxBytes
    maxEvents = options.rule.maxEvents
    select = [options.selection.description]
  }

  /// The same with one more selection; nil where it knows it.
  func adding(_ selection: Selection) -> Manifest? {
    let known = select ?? [Selection.all.description]
    guard !known.contains(selection.description) else { return nil }
    var manifest = self
    manifest.select = known + [selection.description]
    return manifest
  }

  private struct Version: Decodable {
    var schema: Int
  }

  /// What the folder says; nil where it says nothing.
  static func read(_ folder: String) throws(SinkError) -> Manifest? {
    let path = "\(folder)/\(name)"
    guard Folder.exists(path) else { return nil }
    let file = try File(path, O_RDONLY)
    var data = Data(count: min(Int(try file.status().st_size), 1 << 16))
    do {
      _ = try data.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
      let version = try JSONDecoder().decode(Version.self, from: data)
      guard version.schema <= schema else {
        throw SinkError(
          .stop, code: "schema \(version.schema)",
          "\(path) says that its archive has schema \(version.schema), and this version knows "
            + "\(schema): a later hydra-sinks made it. Update this one, or choose another path.")
      }
      return try JSONDecoder().decode(Manifest.self, from: data)
    } catch let error as SinkError {
      throw error
    } catch {
      throw SinkError(
        .stop, code: "nonsense",
        "\(path) does not say what lies beside it, as JSON with a \"schema\" and the "
          + "options. It was damaged or is not ours: put back the right one, or choose another path."
      )
    }
  }

  func write(_ folder: String) throws(SinkError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Numbers and one word: there is nothing in it that cannot be encoded.
    let data = try! encoder.encode(self) + [0x0A]
    try data.replace("\(folder)/\(Self.name)")
  }

  /// Refuses options that would make other segments than those that are there.
  func check(_ options: FileSink.Options) throws(SinkError) {
    var own = Manifest(options)
    own.select = select
    guard self != own else { return }
    throw SinkError(
      .stop, code: "options",
      "\(options.path) was begun with \(text), and the configuration says \(own.text). Segments of two "
        + "sorts do not mix: set the options as they were, or choose another path.")
  }

  private var text: String {
    "interval \(intervalSeconds)s, max-events \(maxEvents), max-bytes \(maxBytes), "
      + "compression \(compression)"
  }
}

extension Data {
  /// Puts these bytes in the place of `path`, whole, and lets them survive a crash.
  func replace(_ path: String) throws(SinkError) {
    let temporary = path + ".tmp"
    let file = try File(temporary, O_WRONLY | O_CREAT | O_TRUNC)
    let result = withUnsafeBytes { bytes in
      Result { () throws(SinkError) in try file.write(bytes, at: 0) }
    }
    try result.get()
    try file.sync()
    try Folder.rename(temporary, path)
    try Folder.sync(path.folder)
  }
}

extension String {
  /// What comes before the last slash.
  var folder: String {
    guard let slash = lastIndex(of: "/") else { return "." }
    return slash == startIndex ? "/" : String(self[..<slash])
  }

  /// What comes behind the last slash.
  var name: String { lastIndex(of: "/").map { String(self[index(after: $0)...]) } ?? self }
}
