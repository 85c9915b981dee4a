import Foundation
import Testing

/// A page of Markdown that people read: its fenced blocks, in order.
///
/// The first word of a block's info string is its language. The words after it say what the tests do with it:
///
/// | info string | |
/// |---|---|
/// | `sh` | is run, and exits with 0; `sh exit 2` exits with 2 |
/// | `sh ctrl-c` | is run until it says something, and then interrupted |
/// | `sh terminal` | is a dashboard: run in a terminal, and left with `q` |
/// | `sh s3` | is run where there is an S3 server for the tests |
/// | `sh jetstream` | is run where there is a nats-server for the tests |
/// | `sh service`, `sh service eventually` | `Tests/package --try` runs it in a new Debian, until it exits with 0 |
/// | `sh unrun` | cannot be run here; `GuideTests` counts these |
/// | `sh batch`, `python stream`, … | is a program; `GuideProgramTests` runs it |
/// | `yaml` | is a configuration; `yaml in-effect` is that of the commands after it |
/// | `json COMMAND`, `json FILE` | has the keys of what the command prints, or of the file's last line |
/// | `swift`, `toml`, `text` | is not run |
struct GuidePage: Sendable, CustomTestStringConvertible {
  struct Block: Sendable {
    var info: [String]
    var text: String
    var line: Int

    var language: String { info.first ?? "" }
    /// The words after the language, as one text.
    var purpose: String { info.dropFirst().joined(separator: " ") }
  }

  /// Its path in the package.
  let path: String
  let text: String
  let blocks: [Block]

  var testDescription: String { path }

  init(_ path: String) throws {
    self.path = path
    text = try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
    blocks = Self.blocks(of: text)
  }

  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  private static let guides = "Sources/hydra-sinks/Guides.docc"

  /// One of the guides, by the name of its file.
  static func guide(_ name: String) throws -> GuidePage { try GuidePage("\(guides)/\(name).md") }

  static let all: [GuidePage] = {
    do {
      let names = try FileManager.default.contentsOfDirectory(
        atPath: root.appending(path: guides).path)
      let paths =
        ["README.md", ".github/CONTRIBUTING.md", ".github/SECURITY.md"]
        + names.filter { $0.hasSuffix(".md") }.sorted().map { "\(guides)/\($0)" }
      return try paths.map(GuidePage.init)
    } catch {
      preconditionFailure("The pages cannot be read: \(error)")
    }
  }()

  private static func blocks(of text: String) -> [Block] {
    var blocks: [Block] = []
    var open: Block?
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      if line.hasPrefix("```") {
        if let block = open {
          blocks.append(block)
          open = nil
        } else {
          let info = line.dropFirst(3).split(separator: " ").map(String.init)
          open = Block(info: info, text: "", line: index + 1)
        }
      } else {
        open?.text += line + "\n"
      }
    }
    precondition(open == nil, "A block is not closed.")
    return blocks
  }

  /// Where its relative links lead, without what follows a `#`.
  var links: [String] {
    text.matches(of: /\]\(([^)\s]+)\)/).map { String($0.output.1) }
      .filter { !$0.contains("://") && !$0.hasPrefix("#") }
      .map { String($0.split(separator: "#")[0]) }
  }

  /// The file that a relative link on this page names.
  func target(of link: String) -> String {
    Self.root.appending(path: path).deletingLastPathComponent().appending(path: link)
      .standardizedFileURL.path
  }
}
