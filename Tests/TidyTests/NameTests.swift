import Testing

@Suite("Names")
struct NameTests {
  private let tree = SourceTree.here

  @Test("the package's folder holds what belongs there")
  func topLevel() throws {
    let allowed: Set<String> = [
      ".ci", ".editorconfig", ".github", ".gitignore", ".swift-format", "CHANGELOG.md",
      "LICENSE", "Package.swift", "README.md", "Sources", "Tests", "screenshots",
    ]
    let others = Set(try tree.topLevelNames()).subtracting(allowed).sorted()
    #expect(others.isEmpty, "\(others)")
  }

  @Test("no file or folder has a meaningless name")
  func rooms() {
    let empty: Set<Substring> = [
      "Utils", "Utilities", "Helpers", "Common", "Manager", "Core", "Misc",
    ]
    for file in tree.files {
      let parts = file.path.dropLast(6).split(separator: "/")
      #expect(empty.isDisjoint(with: parts), "\(file.path)")
    }
  }

  @Test("words that have another name in the field are not identifiers")
  func words() {
    let allowed: Set<String> = ["Standing", "StandingOrders"]
    let refused = ["happening", "Happening", "twin", "Twin", "Standing"]
    let found = Set(tree.files.flatMap { $0.words.joined() }).filter { word in
      refused.contains { word.hasPrefix($0) || $0.first!.isUppercase && word.contains($0) }
    }
    expectSame(found.map(String.init), allowed, "identifiers with such a word")
  }

  /// Those that only other packages and the compiler call.
  private static let calledFromOutside: Set<String> = [
    "Failure", "OutboundIn", "channelActive", "channelInactive", "channelWritabilityChanged",
    "customMirror", "handlerAdded",
    "handlerRemoved", "InboundOut", "userInboundEventTriggered",
    "logLevel", "urlSession",
    // Keys of Grafana's own.
    "editable", "overrides", "schemaVersion", "timezone",
  ]

  /// Those that have no caller yet, or only tests: a list that may only become shorter.
  private static let unused: Set<String> = [
    "strayKeys"
  ]

  private static let declarations: Set<Substring> = [
    "func", "var", "let", "struct", "class", "enum", "actor", "protocol", "typealias",
  ]

  @Test("every declaration is used, except the API of the libraries")
  func dead() {
    var useCounts: [Substring: Int] = [:]
    for word in tree.sources.flatMap({ $0.words.joined() }) { useCounts[word, default: 0] += 1 }
    let libraries: Set<String> = ["EventPersistence", "EventPersistenceTesting", "EventArchive"]
    var found: [String] = []
    for file in tree.sources {
      for words in file.words
      where !libraries.contains(file.module) || Set(words).isDisjoint(with: ["public", "package"]) {
        for (keyword, name) in zip(words, words.dropFirst())
        where Self.declarations.contains(keyword) && useCounts[name] == 1 {
          found.append(String(name))
        }
      }
    }
    expectSame(
      found.filter { !Self.calledFromOutside.contains($0) }, Self.unused, "declared and never used")
  }
}
