import Testing

/// What scripts rely on is in the guides.
@Suite("What the guides document", .enabled(if: SourceTree.here.hasGuides))
struct GuideTests {
  private let tree = SourceTree.here
  private let guides = SourceTree.here.guides

  @Test("each exit code is in the guides")
  func exitCodes() throws {
    let file = try #require(
      tree.sources.first { file in
        file.words.contains { Set($0).isSuperset(of: ["enum", "ExitStatus", "Int32"]) }
      })
    let codes = file.words.filter { $0.first == "case" && $0.count == 3 }.map { $0[2] }
    #expect(codes.count >= 6)
    let missing = codes.filter { !guides.contains("`\($0)`") && !guides.contains("| \($0) |") }
    #expect(missing.isEmpty)
  }

  /// The types that a document is made of, and whether its keys are named as the type's properties are.
  @Test(
    "each key of the JSON documents is in the guides",
    arguments: [
      ("StatusDocument", true), ("SecondaryReport", true), ("StateChange", true),
      ("HydraHead", true),
      ("ReplayPlan", false),
    ])
  func keys(type: String, areProperties: Bool) throws {
    let file = try #require(tree.sources.first { $0.path.hasSuffix("/\(type).swift") })
    let keys = areProperties ? Self.properties(of: file) : Self.namedKeys(of: file)
    #expect(keys.count >= 3)
    // On its own, with the path to it, or in an example.
    let missing = keys.filter { key in
      !["`\(key)`", ".\(key)`", "\"\(key)\":"].contains { guides.contains($0) }
    }
    #expect(missing.isEmpty)
  }

  private static func properties(of file: SourceFile) -> [Substring] {
    zip(file.lines, file.words).compactMap { line, words in
      guard !line.hasSuffix("{"), let index = words.firstIndex(of: "var"),
        words.contains("public") || words.contains("package")
      else { return nil }
      return words[index + 1]
    }
  }

  /// The cases of the enumerations of keys.
  private static func namedKeys(of file: SourceFile) -> [Substring] {
    var keys: [Substring] = []
    var isInside = false
    for (line, words) in zip(file.lines, file.words) {
      if words.contains("CodingKey") { isInside = true }
      if isInside, let index = words.firstIndex(of: "case") { keys += words[(index + 1)...] }
      if line.hasSuffix("}") { isInside = false }
    }
    return keys
  }
}
