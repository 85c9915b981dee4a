import EventPersistence
import EventPersistenceTesting
import Foundation
import Loopback
import Testing

/// What the indexers that people run get of a feed, while everything beneath it changes.
@Suite("the command line: Oura and Kupo", .serialized, .timeLimit(.minutes(10)))
struct CLIConsumersTests {
  /// The events of the whole log, archives included: their ids by tag.
  private func ids(_ folder: CLIFolder, _ tag: String) async throws -> [Int] {
    let events = try await folder.run("events", folder.log, "--tag", tag)
    guard events.code == 0 else { throw CLIFailure("\(events)") }
    return try CLIFolder.ids(events.output)
  }

  @Test(
    "each transaction and each snapshot comes to both, over rotations, a migration and an upgrade, with drivers killed in between",
    arguments: SeededRandom.freshSeed())
  func changes(seed: UInt64) async throws {
    let folder = try CLIFolder()
    let port = try Loopback.freePort()
    try folder.configure("{name: scrolls, kind: feed, listen: 127.0.0.1:\(port)}")
    let readers = ["", "&snapshot-utxo=no"].map {
      FeedReader(port: port, path: "/?history=yes&name=reader\($0)")
    }
    defer { for reader in readers { reader.end() } }
    var random = SeededRandom(seed)
    let rounds = [
      [], ["--migrate-at", "200"], ["--format", "sqlite-json", "--upgrade-at", "200"],
      ["--format", "sqlite-cbor"],
    ]
    for round in rounds {
      let node = try folder.start(
        ["simulate", folder.log, "--count", "400", "--rate", "2000", "--rotate-after", "300"]
          + round)
      let driver = try folder.start(["run"])
      // The moment of the strike is the point of the test.
      try await Task.sleep(for: .milliseconds(Int.random(in: 100...900, using: &random)))
      driver.send(SIGKILL)
      _ = try await driver.end()
      _ = try await node.end()
    }
    #expect(folder.read("log/hydra.db") != nil && folder.read("log/state") == nil)
    let run = try await folder.run("run", "--until-head", within: .seconds(120))
    #expect(run.code == 0, "\(run)")
    let transactions = Set(try await ids(folder, "TransactionAppliedToLocalUTxO"))
    let snapshots = Set(try await ids(folder, "SnapshotConfirmed"))
    #expect(transactions.count > 100 && snapshots.count > 20)
    for reader in readers {
      #expect(reader.isInOrder && reader.faults.isEmpty, "\(reader.faults)")
      #expect(reader.transactions == transactions)
      #expect(reader.snapshots == snapshots)
    }
  }

  /// Returns once the feed of this driver listens, and waits for a consumer.
  private func waits(_ driver: CLIRun, in folder: CLIFolder) async throws {
    try await eventually("the feed to listen; \(driver.said)") {
      let report = folder.json("state/scrolls/driver.json")
      return report?["pid"] as? Int == Int(driver.pid)
        && report?["errorCode"] as? String == "no consumer connected"
    }
  }

  @Test("feed-check finds a feed whole, whatever the log's format, and moves no checkpoint")
  func whole() async throws {
    for format in ["state", "sqlite-json", "sqlite-cbor"] {
      let folder = try CLIFolder()
      let port = try Loopback.freePort()
      try await folder.simulate(500, "--format", format, "--rotate-after", "200")
      try folder.configure("{name: scrolls, kind: feed, listen: 127.0.0.1:\(port)}")
      let driver = try folder.start(["run"])
      try await waits(driver, in: folder)
      let check = try await folder.run("feed-check", "ws://127.0.0.1:\(port)")
      #expect(check.code == 0, "\(format): \(check)")
      #expect(check.text.contains("Oura  takes all") && check.text.contains("Kupo  takes all"))
      // The last event may be one that the API tells nothing about.
      #expect(check.text.contains(/seq 0 through 49[0-9], to the end of the history/), "\(check)")
      #expect(folder.checkpoint("scrolls") == nil)
      let some = try await folder.run(
        "feed-check", "ws://127.0.0.1:\(port)/?since=2000-01-01", "--frames", "7", "--json")
      #expect(some.code == 0, "\(some)")
      let document = try some.document()
      #expect(document["messages"] as? Int == 7 && document["end"] as? String == "messages")
      for query in ["address=nonsense", "since=nonsense", "encoding=cbor"] {
        let refused = try await folder.run("feed-check", "ws://127.0.0.1:\(port)/?\(query)")
        #expect(refused.code == 3 && refused.text.contains("refused: 400"), "\(refused)")
      }
      driver.send(SIGTERM)
      #expect(try await driver.end().code == 0)
    }
  }

  @Test("feed-check names what a history lacks, and what cannot be reached")
  func lacking() async throws {
    let folder = try CLIFolder()
    let port = try Loopback.freePort()
    let nobody = try await folder.run("feed-check", "ws://127.0.0.1:\(port)", "--json")
    #expect(nobody.code == 3, "\(nobody)")
    #expect(try nobody.document()["end"] as? String == "unreachable")
    #expect(try await folder.run("feed-check", "http://127.0.0.1:\(port)").code == 64)
    let archive = "{name: archive, kind: file, path: archive}"
    let feed = "{name: scrolls, kind: feed, listen: 127.0.0.1:\(port)}"
    try folder.configure(archive)
    try await folder.simulate(500, "--rotate-after", "200")
    #expect(try await folder.run("run", "--until-head").code == 0)
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.log)
    where name.hasPrefix("state-") {
      try FileManager.default.removeItem(atPath: "\(folder.log)/\(name)")
    }
    // Of what the rotations took, only the archive has anything left.
    for (more, code, words) in [
      ("", 1, "The history begins with a rotation"),
      ("history: archive\n", 0, "Kupo  takes all"),
    ] as [(String, Int32, String)] {
      try folder.configure(archive, feed, more: more)
      let driver = try folder.start(["run", "--only", "scrolls"])
      try await waits(driver, in: folder)
      let check = try await folder.run("feed-check", "ws://127.0.0.1:\(port)")
      #expect(check.code == code, "\(check)")
      #expect(check.text.contains(words), "\(check)")
      driver.send(SIGTERM)
      _ = try await driver.end()
    }
  }

  @Test("feed-check shows a token from a file, and reaches a feed through its socket's file")
  func socketWithToken() async throws {
    let folder = try CLIFolder()
    let token = String(repeating: "s3cret", count: 4)
    try folder.write(token + "\n", to: "token")
    try folder.write(token.uppercased(), to: "other-token")
    try await folder.simulate(100)
    let socket = "\(folder.path)/feed.sock"
    try folder.configure(
      "{name: scrolls, kind: feed, listen: 'unix:\(socket)', token-file: '\(folder.path)/token'}")
    let driver = try folder.start(["run"])
    try await waits(driver, in: folder)
    let url = "ws://unix:\(socket)?from=40"
    for (options, code, words) in [
      ([], 3, "refused: 401"),
      (["--token-file", "\(folder.path)/other-token"], 3, "refused: 401"),
      (["--token-file", "\(folder.path)/nothing"], 64, "No such file"),
      (["--token-file", "\(folder.path)/token"], 0, "to the end of the history"),
    ] as [([String], Int32, String)] {
      let check = try await folder.run(["feed-check", url] + options)
      let said = check.text + check.errors
      #expect(check.code == code && said.contains(words), "\(check)")
      #expect(!said.contains(token))
    }
    driver.send(SIGTERM)
    #expect(try await driver.end().code == 0)
    #expect(!driver.said.contains(token))
  }

  @Test("feed-check names the first message that a client fails on, safe for a terminal")
  func failing() async throws {
    let folder = try CLIFolder()
    let port = try Loopback.freePort()
    try folder.write(
      #"{"eventId":0,"stateChanged":{"tag":"NetworkConnected"}}"# + "\n"
        + #"{"eventId":1,"stateChanged":{"tag":"TransactionAppliedToLocalUTxO","headId":"ab","#
        + #""tx":{"cborHex":"84a0","type":"\u202e"}}}"# + "\n",
      to: "log/state")
    try folder.configure("{name: scrolls, kind: feed, listen: 127.0.0.1:\(port)}")
    let driver = try folder.start(["run"])
    try await waits(driver, in: folder)
    let check = try await folder.run("feed-check", "ws://127.0.0.1:\(port)")
    #expect(check.code == 2, "\(check)")
    #expect(
      check.text.contains("Oura  takes all") && check.text.contains("Kupo  fails on 1 message"))
    #expect(check.text.contains("first seq 1, TxValid, transactionId: is missing"), "\(check)")
    driver.send(SIGTERM)
    _ = try await driver.end()
  }
}
