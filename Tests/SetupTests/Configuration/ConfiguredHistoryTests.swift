import EventPersistence
import Testing
import Wording

@testable import Setup

@Suite("the key history")
struct ConfiguredHistoryTests {
  private static let archives = """
      - {name: archive, kind: file, path: a}
      - {name: cold, kind: s3, bucket: events}
      - {name: part, kind: file, path: p, tags: [SnapshotConfirmed]}
      - {name: txs, kind: s3, bucket: txs, select: transactions}
      - {name: each, kind: s3, bucket: each, layout: per-event}
      - {name: scrolls, kind: feed, listen: '127.0.0.1:4100'}
      - {name: explorer, kind: checkpoint, path: c.json}

    """

  private func parse(_ top: String = "", _ more: String...) throws -> Configuration {
    let entries = more.map { "  - \($0)\n" }.joined()
    return try ConfigurationFile.parse(
      "persistence-dir: /var/lib/hydra\n\(top)\nsecondaries:\n" + Self.archives + entries,
      file: "/etc/c.yaml")
  }

  private func histories(_ configuration: Configuration) -> [String: String] {
    configuration.secondaries.reduce(into: [:]) { $0[$1.name] = $1.history }
  }

  @Test("at the top it counts for each secondary that is driven, except the archive itself")
  func top() throws {
    let found = histories(
      try parse(
        "history: archive", "{name: own, kind: file, path: o, history: cold}",
        "{name: none, kind: file, path: n, history: off}"))
    #expect(found["cold"] == "archive" && found["scrolls"] == "archive")
    #expect(found["own"] == "cold")
    #expect(found["archive"] == nil && found["explorer"] == nil && found["none"] == nil)
    #expect(histories(try parse()).isEmpty)
  }

  @Test(
    "what cannot be one is refused with the reason, and the line",
    arguments: [
      ("history: part", [], "part of the events"), ("history: txs", [], "part of the events"),
      ("history: each", [], "per-event"), ("history: scrolls", [], "is no archive"),
      ("history: explorer", [], "is no archive"),
      ("history: archve", [], "did you mean \"archive\"?"),
      ("history: hydra-2/archive", [], "another node"), ("history: [archive]", [], "expected"),
      ("", ["{name: x, kind: file, path: x, history: x}"], "its own history"),
      ("", ["{name: x, kind: file, path: x, history: part}"], "part of the events"),
      (
        "",
        [
          "{name: x, kind: file, path: x, history: y}",
          "{name: y, kind: file, path: y, history: x}",
        ], "x, y, x"
      ),
      (
        "history: x", ["{name: x, kind: file, path: x, history: archive}"], "x, archive, x"
      ),
    ] as [(String, [String], String)])
  func refused(top: String, more: [String], reason: String) throws {
    let entries = more.map { "  - \($0)\n" }.joined()
    let refusal = #expect(throws: Refusal.self) {
      try ConfigurationFile.parse(
        "persistence-dir: /var/lib/hydra\n\(top)\nsecondaries:\n" + Self.archives + entries,
        file: "/etc/c.yaml")
    }
    #expect(refusal?.status == .configuration)
    let line = more.isEmpty ? 2 : 11
    #expect(refusal?.message.hasPrefix("/etc/c.yaml:\(line):") == true, "\(refusal?.message ?? "")")
    #expect(refusal?.message.contains(reason) == true, "\(refusal?.message ?? "")")
  }
}
