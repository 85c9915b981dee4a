import EventPersistenceTesting
import Foundation
import Loopback
import Testing

/// A feed of the program, with a consumer that comes and goes.
@Suite("the command line: a feed", .serialized)
struct CLIFeedTests {
  private func secondary(_ folder: CLIFolder) async throws -> [String: Any] {
    let status = try await folder.run("status", "--json")
    let secondaries = try status.document()["secondaries"] as? [[String: Any]]
    return try #require(secondaries?.first)
  }

  @Test("without a consumer it is stalled and says so; with one it is in step at once")
  func stalledAndBack() async throws {
    let folder = try CLIFolder()
    let port = try Loopback.freePort()
    try await folder.simulate(300)
    try folder.configure("{name: scrolls, kind: feed, listen: 127.0.0.1:\(port)}")
    let check = try await folder.run("check")
    #expect(check.code == 0, "\(check)")
    #expect(check.text.contains("ws://127.0.0.1:\(port), free"), "\(check)")
    let driver = try folder.start(["run"])
    try await eventually("the driver to report that no consumer is connected") {
      folder.json("state/scrolls/driver.json")?["errorCode"] as? String == "no consumer connected"
    }
    let stalled = try await secondary(folder)
    #expect(stalled["state"] as? String == "stalled")
    #expect(stalled["severity"] as? String == "error")
    #expect((stalled["lastError"] as? String)?.contains("No consumer is connected") == true)
    #expect(try await folder.run("status").code == 2)

    let reader = FeedReader(port: port, path: "/?history=yes&name=scrolls")
    try await eventually("the checkpoint at the head", within: .seconds(20)) {
      folder.checkpoint("scrolls") == 299
    }
    try await eventually("a heartbeat without an error") {
      folder.json("state/scrolls/driver.json")?["lastError"] is NSNull
    }
    let followed = try await secondary(folder)
    #expect(followed["state"] as? String == "ok")
    #expect(followed["lagEvents"] as? Int == 0)
    #expect(reader.isInOrder)
    #expect(!reader.transactions.isEmpty)
    try await eventually("the consumer in the driver's report") {
      let driver = folder.json("state/scrolls/driver.json")
      let consumer = (driver?["consumers"] as? [[String: Any]])?.first
      let confirmed = consumer?["confirmed"] as? [String: Any]
      return consumer?["name"] as? String == "scrolls" && confirmed?["eventId"] as? Int == 299
    }
    let busy = try await folder.run("check")
    #expect(busy.text.contains("where its driver listens"), "\(busy)")
    reader.end()
    let stopping = ContinuousClock.now
    driver.send(SIGTERM)
    let end = try await driver.end()
    #expect(end.code == 0, "\(end)")
    #expect(ContinuousClock.now - stopping < .seconds(10))
  }

  @Test(
    "orders are followed while no consumer is connected, and a second driver waits for the port")
  func orders() async throws {
    let folder = try CLIFolder()
    let port = try Loopback.freePort()
    try await folder.simulate(100)
    try folder.configure("{name: scrolls, kind: feed, listen: 127.0.0.1:\(port)}")
    let driver = try folder.start(["run"])
    try await eventually("the driver to stop moving") {
      folder.json("state/scrolls/driver.json")?["stopped"] as? Bool == true
    }
    let pause = try await folder.run("pause", "scrolls")
    #expect(pause.code == 0, "\(pause)")
    try await eventually("the pause to be taken") {
      folder.json("state/scrolls/driver.json")?["phase"] as? String == "waiting"
    }
    try folder.write(
      "persistence-dir: log\nstate-dir: other\n"
        + "secondaries: [{name: feed, kind: feed, listen: '127.0.0.1:\(port)'}]\n",
      to: "other.yaml")
    let other = try await folder.run("run", "--no-wait", "--config", "other.yaml")
    #expect(other.code == 75, "\(other)")
    #expect(other.errors.contains("is in use"), "\(other)")
    driver.send(SIGINT)
    #expect(try await driver.end().code == 0)
  }

  @Test(
    "a driver that is killed at random never claims more than the consumer has, and loses nothing",
    .timeLimit(.minutes(5)), arguments: SeededRandom.freshSeed())
  func strikes(seed: UInt64) async throws {
    let folder = try CLIFolder()
    let port = try Loopback.freePort()
    try folder.configure("{name: scrolls, kind: feed, listen: 127.0.0.1:\(port), max-events: 50}")
    let node = try folder.start(["simulate", folder.log, "--rate", "500"])
    try await eventually("a log") { folder.read("log/state") != nil }
    let reader = FeedReader(port: port, path: "/?history=yes&name=scrolls")
    var random = SeededRandom(seed)
    for _ in 0..<10 {
      let driver = try folder.start(["run"])
      // The moment of the strike is the point of the test.
      try await Task.sleep(for: .milliseconds(Int.random(in: 50...900, using: &random)))
      driver.send(SIGKILL)
      _ = try await driver.end()
      let checkpoint = folder.checkpoint("scrolls") ?? -1
      let transactions = Self.transactions(folder).filter { $0 <= checkpoint }
      // An answer only follows a read.
      let missing = Set(transactions).subtracting(reader.transactions)
      #expect(missing.isEmpty, "the checkpoint is \(checkpoint)")
    }
    node.send(SIGTERM)
    _ = try await node.end()
    let run = try await folder.run("run", "--until-head", within: .seconds(120))
    #expect(run.code == 0, "\(run)")
    reader.end()
    #expect(reader.transactions == Set(Self.transactions(folder)))
    #expect(reader.isInOrder)
    #expect(folder.checkpoint("scrolls") == (try CLIFolder.ids(folder.read("log/state")!).last))
  }

  /// The ids of the log's applied transactions.
  private static func transactions(_ folder: CLIFolder) -> [Int] {
    (folder.read("log/state") ?? Data()).split(separator: 0x0A).compactMap { line in
      guard line.firstRange(of: Data("\"TransactionAppliedToLocalUTxO\"".utf8)) != nil,
        let object = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
      else { return nil }
      return object["eventId"] as? Int
    }
  }
}
