package import EventPersistence
internal import Foundation

/// A state directory for one test, removed with it.
package final class TemporaryState {
  package let directory: StateDirectory
  package let path: String

  package init(group: String? = nil) {
    path = NSTemporaryDirectory() + "/state-\(UUID().uuidString)"
    directory = StateDirectory(path: path + "/hydra-sinks", group: group)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  package var folder: SecondaryFolder { directory.folder("cold") }

  /// Writes `text` into a file of the folder, as a foreign program would.
  package func plant(_ text: String, in name: String) throws {
    try FileManager.default.createDirectory(
      atPath: folder.path, withIntermediateDirectories: true)
    try Data(text.utf8).write(to: URL(filePath: folder.path + "/" + name))
  }

  package func text(of name: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(filePath: folder.path + "/" + name)), as: UTF8.self)
  }

  package func mode(of path: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return attributes[.posixPermissions] as! Int
  }

  package func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
  }
}

package func time(_ text: String) -> EventTime { EventTime(text)! }
