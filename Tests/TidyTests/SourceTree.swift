import Foundation

/// The package's own files, read once.
struct SourceTree: Sendable {
  static let here = SourceTree(
    root: URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().path)

  let root: String
  /// The Swift files below Sources and Tests.
  let files: [SourceFile]

  private init(root: String) {
    self.root = root
    files = ["Sources", "Tests"].flatMap { Self.paths(below: $0, of: root) }
      .filter { $0.hasSuffix(".swift") }.sorted()
      .map { SourceFile(path: $0, text: Self.text("\(root)/\($0)")) }
  }

  var sources: [SourceFile] { files.filter { $0.path.hasPrefix("Sources/") } }

  var hasGuides: Bool {
    Self.paths(below: "Sources", of: root).contains { $0.hasSuffix("/Guides.docc") }
  }

  /// The guides and all other Markdown below Sources.
  var guides: String {
    Self.paths(below: "Sources", of: root).filter { $0.hasSuffix(".md") }
      .map { Self.text("\(root)/\($0)") }.joined(separator: "\n")
  }

  /// The names of what is in the package's folder, but for what tools leave there.
  func topLevelNames() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: root).filter { name in
      ![".git", ".swiftpm", "Package.resolved"].contains(name) && !name.hasPrefix(".build")
    }
  }

  private static func paths(below folder: String, of root: String) -> [String] {
    let inside = FileManager.default.enumerator(atPath: "\(root)/\(folder)")
    return inside?.compactMap { ($0 as? String).map { "\(folder)/\($0)" } } ?? []
  }

  private static func text(_ path: String) -> String {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
}
