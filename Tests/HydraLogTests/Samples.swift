import Foundation

/// Payloads of real nodes, in `../shared` beside the project (or in HYDRA_SINKS_SHARED). They are
/// not part of it, so tests on them are skipped if they are missing.
enum Samples {
  static let releases = ["0.20.0", "1.3.0", "2.3.0"]

  static let folder: String = {
    if let given = ProcessInfo.processInfo.environment["HYDRA_SINKS_SHARED"] {
      return given + "/hydra/samples"
    }
    var root = URL(fileURLWithPath: #filePath)
    for _ in 0..<3 { root.deleteLastPathComponent() }
    return root.path + "/../shared/hydra/samples"
  }()

  static var areThere: Bool { FileManager.default.fileExists(atPath: folder) }

  /// The `stateChanged` objects of a release, one on each line.
  static func lines(_ release: String) -> [String] {
    let path = "\(folder)/state-changed-\(release).jsonl"
    let text = try! String(contentsOfFile: path, encoding: .utf8)
    return text.split(separator: "\n").map(String.init)
  }

  /// An event as the release wrote it to its `state`, with the text of `stateChanged`.
  static func event(_ id: Int, _ stateChanged: String, isTimed: Bool = true) -> String {
    let time = isTimed ? ",\"time\":\"\(Line.time(UInt64(id)))\"" : ""
    return "{\"eventId\":\(id),\"stateChanged\":\(stateChanged)\(time)}"
  }
}
