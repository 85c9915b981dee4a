internal import Foundation

/// A behaviour as a text file: orders, and after them what they print.
///
/// ```
/// # A node dies in the middle of a line and is started again.
///
/// append 0..4
/// tear 5 --keep 20
/// read
/// ----
/// 0..4 TickObserved
/// ```
///
/// A script is a sequence of blocks. A block is some lines of orders, a line `----`, and the
/// expected output, which ends at an empty line. Lines that begin with `#` and empty lines outside
/// an output are comments.
///
/// With `HYDRA_SINKS_REWRITE_SCRIPTS=1` in the environment, `check` writes the actual output into
/// the file, for review before it is committed.
package struct BehaviourScript: Sendable {
  package let name: String
  private let path: String
  private let lines: [String]

  /// The names of the scripts in the folder `Scripts` beside the source file `file`.
  package static func names(beside file: String) -> [String] {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder(beside: file))) ?? []
    precondition(!files.isEmpty, "There is no script in \(folder(beside: file)).")
    return files.filter { $0.hasSuffix(".txt") }.map { String($0.dropLast(4)) }.sorted()
  }

  package init(_ name: String, beside file: String) throws {
    self.name = name
    path = "\(Self.folder(beside: file))/\(name).txt"
    lines = try String(contentsOfFile: path, encoding: .utf8)
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  private static func folder(beside file: String) -> String {
    URL(filePath: file).deletingLastPathComponent().appending(path: "Scripts").path
  }

  /// Runs the orders one after another and compares what they print with what the file expects.
  ///
  /// - Parameter run: carries out one order and returns the lines that it prints, none of them
  ///   empty.
  /// - Throws: `ScriptError` for the first block that prints something else, or for an order that
  ///   cannot be carried out.
  package func check(
    _ run: (_ order: inout ScriptOrder) async throws -> [String]
  ) async throws {
    var rewritten: [String] = []
    var printed: [String] = []
    var differences: [String] = []
    var blockCount = 0
    var index = 0
    while index < lines.count {
      let line = lines[index]
      index += 1
      rewritten.append(line)
      if line == "----" {
        let expected = lines[index...].prefix { !$0.isEmpty }
        index = expected.endIndex
        if printed != Array(expected) {
          differences.append(Self.difference(printed, Array(expected), at: "\(path):\(index)"))
        }
        rewritten += printed
        printed = []
        blockCount += 1
      } else if !line.isEmpty, !line.hasPrefix("#") {
        var order = ScriptOrder(line, place: "\(path):\(index)")
        printed += try await run(&order)
        try order.end()
      }
    }
    guard printed.isEmpty, blockCount > 0 else {
      throw ScriptError("\(path) ends without a line ---- after its last orders.")
    }
    if ProcessInfo.processInfo.environment["HYDRA_SINKS_REWRITE_SCRIPTS"] == "1" {
      try Data(rewritten.joined(separator: "\n").utf8).write(to: URL(filePath: path))
    } else if !differences.isEmpty {
      throw ScriptError(differences.joined(separator: "\n"))
    }
  }

  private static func difference(_ printed: [String], _ expected: [String], at place: String)
    -> String
  {
    func indented(_ lines: [String]) -> String { lines.map { "\n    \($0)" }.joined() }
    return
      "\(place): the orders print\(indented(printed))\n  but the script expects\(indented(expected))"
  }
}

/// Why a script fails, or cannot be carried out.
package struct ScriptError: Error, CustomStringConvertible {
  package let description: String
  package init(_ description: String) { self.description = description }
}
