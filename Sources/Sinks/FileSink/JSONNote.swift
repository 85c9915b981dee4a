import EventPersistence
import Foundation

/// A small JSON file beside the segments.
protocol JSONNote: Codable {
  /// `retired.json`, …
  static var fileName: String { get }
}

extension JSONNote {
  static func file(_ archive: String) -> String { "\(archive)/\(fileName)" }

  /// Nil if the archive has none.
  static func read(_ archive: String) throws(SinkError) -> Self? {
    let file = file(archive)
    guard try Folder.exists(file) else { return nil }
    let opened = try File(file)
    let data = Data(try opened.contents(try opened.byteCount()) as [UInt8])
    do {
      return try JSONDecoder().decode(Self.self, from: data)
    } catch {
      throw SinkError(
        .stop, code: "nonsense",
        "\(file) cannot be read: \(error). It is damaged or belongs to another program: restore "
          + "the right one.", finding: .damaged)
    }
  }

  /// Replaces the previous note atomically, so that it survives a crash.
  func write(_ archive: String) throws(SinkError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Numbers, names and positions can always be encoded.
    let data = try! encoder.encode(self) + [0x0A]
    let path = Self.file(archive)
    let file = try File.new(path + ".tmp")
    let result = data.withUnsafeBytes { bytes in
      Result { () throws(SinkError) in try file.write(bytes) }
    }
    try result.get()
    try file.sync()
    try Folder.rename(file.path, path)
    try Folder.sync(path.folder)
  }

  static func remove(_ archive: String) throws(SinkError) { try Folder.remove(file(archive)) }
}
