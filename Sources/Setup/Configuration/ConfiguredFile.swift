package import Compression
internal import EventPersistence
package import FileSink
internal import Foundation
package import Wording

/// The configuration of a secondary of kind `file`.
package struct ConfiguredFile: Sendable, Hashable {
  package var path: String
  /// Of a segment; nil: the sink's own.
  package var interval: Duration?
  package var compression = Compression.none
  package var retain: FileSink.Retention?

  package init(path: String) { self.path = path }

  package static let keys = ["path", "interval", "compression", "retain"]

  package static func read(
    _ map: ConfigurationMapping, _ paths: ConfiguredPaths
  ) throws(Refusal) -> ConfiguredFile {
    guard let path = try map.string("path") else {
      throw map.missing("path", expected: "a folder for its segments")
    }
    var file = ConfiguredFile(path: paths.resolve(path))
    if let interval = try map.duration("interval") {
      guard isSegment(interval) else {
        throw map.mistake(at: "interval", expected: "a duration of whole seconds, 1s or more")
      }
      file.interval = interval
    }
    switch try map.plain("compression", expected: "none or zstd") {
    case nil, "none": break
    case "zstd": file.compression = .zstd
    default: throw map.mistake(at: "compression", expected: "none or zstd")
    }
    if let retain = try map.mapping("retain") {
      try retain.allow(["age", "bytes"])
      file.retain = FileSink.Retention(
        age: try retain.duration("age"), bytes: try retain.size("bytes"))
      guard file.retain != FileSink.Retention() else {
        throw map.mistake(at: "retain", expected: "{ age: 30d }, { bytes: 10GB }, or both")
      }
    }
    return file
  }

  /// Whether this can be the interval of a segment.
  private static func isSegment(_ interval: Duration) -> Bool {
    interval >= .seconds(1) && interval.components.attoseconds == 0
  }

  /// `interval`, `compression`, `retain-age` and `retain-bytes` after the `?` of a URI.
  ///
  /// - Returns: what is wrong, or nil.
  package mutating func take(_ items: [(key: String, value: String)], of secondary: inout Bounds)
    -> String?
  {
    for (key, value) in items {
      switch key {
      case "interval":
        guard let interval = DurationText.parse(value), Self.isSegment(interval) else {
          return "interval=\(value) is not a duration of whole seconds, 1s or more"
        }
        self.interval = interval
      case "compression":
        guard let compression = Compression(rawValue: value), compression != .gzip else {
          return "compression=\(value) is neither none nor zstd"
        }
        self.compression = compression
      case "max-events":
        guard let count = Int(value), count > 0 else {
          return "max-events=\(value) is not a number"
        }
        secondary.maxEvents = count
      case "max-bytes":
        guard let size = SizeText.parse(value) else { return "max-bytes=\(value) is not a size" }
        secondary.maxBytes = size
      case "retain-age":
        guard let age = DurationText.parse(value) else {
          return "retain-age=\(value) is not a duration"
        }
        retain = FileSink.Retention(age: age, bytes: retain?.bytes)
      case "retain-bytes":
        guard let size = SizeText.parse(value) else { return "retain-bytes=\(value) is not a size" }
        retain = FileSink.Retention(age: retain?.age, bytes: size)
      default:
        return "it has an unknown option \"\(key)\" (known are interval, max-events, max-bytes, "
          + "compression, retain-age and retain-bytes)"
      }
    }
    return nil
  }

  package struct Bounds {
    package var maxEvents: Int?
    package var maxBytes: Int?
  }

  package func options(of secondary: ConfiguredSecondary, persistenceDirectory: String)
    -> FileSink.Options
  {
    var options = FileSink.Options(
      path: path, compression: compression, retain: retain, selection: secondary.selection,
      persistenceDirectory: persistenceDirectory)
    if let interval { options.interval = interval }
    if let events = secondary.maxEvents { options.eventsMax = events }
    if let bytes = secondary.maxBytes { options.bytesMax = bytes }
    return options
  }
}
