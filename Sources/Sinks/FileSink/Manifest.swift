import Compression
import EventPersistence
import Foundation

/// `hydra-sinks.json`, which describes the segments beside it: the version of the format, and the
/// options that decide the limits of segments. It has no times, so that the same archive has the
/// same bytes.
struct Manifest: JSONNote, Hashable {
  static let fileName = "hydra-sinks.json"
  /// The schema that this version writes and reads: segments of JSON lines under `events/`, packed
  /// or not.
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

  /// The manifest with one more selection; nil if it has it already.
  private func adding(_ selection: Selection) -> Manifest? {
    let known = select ?? [Selection.all.description]
    guard !known.contains(selection.description) else { return nil }
    var manifest = self
    manifest.select = known + [selection.description]
    return manifest
  }

  private struct Version: Decodable {
    var schema: Int
  }

  /// The folder's manifest; nil if it has none.
  static func read(_ folder: String) throws(SinkError) -> Manifest? {
    let path = file(folder)
    guard try Folder.exists(path) else { return nil }
    let file = try File(path)
    let data = Data(try file.contents(min(try file.byteCount(), 1 << 16)) as [UInt8])
    do {
      let version = try JSONDecoder().decode(Version.self, from: data)
      guard version.schema <= schema else {
        throw SinkError(
          .stop, code: "schema \(version.schema)",
          "\(path) says that its archive has schema \(version.schema), and this version knows "
            + "\(schema): a later hydra-sinks made it. Update this one, or choose another path.",
          finding: .unsupported)
      }
      return try JSONDecoder().decode(Manifest.self, from: data)
    } catch let error as SinkError {
      throw error
    } catch {
      throw SinkError(
        .stop, code: "nonsense",
        "\(path) is not JSON with a \"schema\" and the options of the archive. It is damaged or "
          + "belongs to another program: restore the right one, or choose another path.",
        finding: .damaged)
    }
  }

  /// Ensures that the folder's manifest matches the options.
  static func settle(_ options: FileSink.Options) throws(SinkError) {
    let path = options.root
    if let manifest = try inspect(options) {
      try manifest.adding(options.selection)?.write(path)
    } else {
      try Manifest(options).write(path)
    }
  }

  /// The folder's manifest; nil if the folder holds nothing yet.
  ///
  /// - Throws: if it does not match the options, or there is none beside segments.
  static func inspect(_ options: FileSink.Options) throws(SinkError) -> Manifest? {
    let path = options.root
    if let manifest = try read(path) {
      try manifest.check(options)
      return manifest
    }
    guard try !Folder.exists("\(path)/events") else {
      throw SinkError(
        .stop, code: "no version",
        "\(path)/events exists but \(path)/\(fileName) does not, so its content is unknown. "
          + "Restore that file, or choose another path.")
    }
    return nil
  }

  /// Refuses options that would make segments that do not fit the existing ones.
  private func check(_ options: FileSink.Options) throws(SinkError) {
    var own = Manifest(options)
    own.select = select
    guard self != own else { return }
    throw SinkError(
      .stop, code: "options",
      "\(options.root) was begun with \(text), and the configuration says \(own.text). An archive "
        + "cannot mix them: set the options back, or choose another path.")
  }

  private var text: String {
    "interval \(intervalSeconds)s, max-events \(maxEvents), max-bytes \(maxBytes), "
      + "compression \(compression)"
  }
}
