import Foundation
import Testing

/// `events --stats`, held against a count of what `events` prints.
@Suite("the command line: what fills a log")
struct CLIStatsTests {
  @Test(
    "each tag has its events, its bytes, and its largest event",
    arguments: ["state", "sqlite-json", "sqlite-cbor"])
  func counts(_ format: String) async throws {
    let folder = try CLIFolder()
    try await folder.simulate(900, "--format", format, "--rotate-after", "300")
    for stretch in [[], ["--from", "100", "--through", "700"], ["--tag", "TickObserved"]] {
      var counts: [String: (events: Int, bytes: Int, largest: Int)] = [:]
      let events = try await folder.run(["events", "log"] + stretch)
      for line in events.output.split(separator: 0x0A) {
        let event = try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
        let tag = (event?["stateChanged"] as? [String: Any])?["tag"] as? String ?? "-"
        let old = counts[tag] ?? (0, 0, 0)
        counts[tag] = (old.events + 1, old.bytes + line.count, max(old.largest, line.count))
      }
      let outcome = try await folder.run(["events", "log", "--stats", "--json"] + stretch)
      let stats = try outcome.document()
      let tags = try #require(stats["tags"] as? [[String: Any]])
      #expect(tags.count == counts.count, "\(outcome)")
      for tag in tags {
        let known = try #require(counts[tag["tag"] as? String ?? ""])
        #expect(tag["count"] as? Int == known.events)
        #expect(tag["bytes"] as? Int == known.bytes)
        #expect(tag["largestBytes"] as? Int == known.largest)
      }
      let all = counts.values.reduce(0) { $0 + $1.bytes }
      #expect(stats["bytes"] as? Int == all && stats["events"] as? Int == events.lines.count)
      let sizes = tags.compactMap { $0["bytes"] as? Int }
      #expect(sizes == sizes.sorted(by: >))
    }
  }

  @Test("as text it is a table, the largest first, and says what could be done")
  func table() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(500)
    let outcome = try await folder.run("events", "log", "--stats")
    #expect(outcome.code == 0)
    #expect(outcome.lines[0].hasPrefix("TAG"), "\(outcome)")
    #expect(
      outcome.text.contains("\nall ") && outcome.text.contains("snapshot-utxo=no"), "\(outcome)")
    #expect(outcome.text.contains("archives --deletable"), "\(outcome)")
    #expect(try await folder.run("events", "log", "--stats", "--follow").code == 64)
    #expect(try await folder.run("events", "log", "--json").code == 64)
  }
}
