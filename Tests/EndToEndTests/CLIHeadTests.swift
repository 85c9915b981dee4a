import Foundation
import Testing

/// What is told about the Hydra Head: in `status`, after `restore`, and in its report.
@Suite("the command line: the head")
struct CLIHeadTests {
  @Test(
    "status tells the head, its peers and its chain; restore names the same point of the chain",
    arguments: ["state", "sqlite-json", "sqlite-cbor"])
  func status(_ format: String) async throws {
    let folder = try CLIFolder()
    try await folder.simulate(600, "--format", format)
    try folder.configure("{name: archive, kind: file, path: archive}")
    #expect(try await folder.run("run", "--until-head").code == 0)
    let text = try await folder.run("status")
    #expect(text.text.contains("chain synced, drift 0 s"), "\(text)")
    let head = try #require(
      try await folder.run("status", "--json").document()["head"] as? [String: Any])
    #expect(head["state"] as? String == "Open")
    let peers = try #require(head["peersConnected"] as? Int)
    #expect(text.text.contains(peers == 2 ? "2 peers" : "\(peers) of 2 peers"), "\(text)")
    #expect(head["isNetworkConnected"] as? Bool == true && head["isChainSynced"] as? Bool == true)
    let point = try #require(head["chainPoint"] as? [String: Any])
    let slot = try #require(point["slot"] as? Int)
    let hash = try #require(point["blockHash"] as? String)
    #expect(hash.count == 64)
    let restored = try await folder.run("restore", "archive", "restored")
    #expect(restored.text.contains("--start-chain-from \(slot).\(hash)"), "\(restored)")
  }

  @Test("the time until the contestation deadline is told, and that it has passed")
  func contestation() async throws {
    let folder = try CLIFolder()
    for (offset, words) in [
      (7200.0, "contestation ends in "), (-90, "contestation ended 1 m"),
    ] {
      let deadline = Date(timeIntervalSinceNow: offset).formatted(.iso8601)
      try folder.write(
        """
        {"eventId":0,"stateChanged":{"contestationDeadline":"\(deadline)","headId":"aa11",\
        "snapshotNumber":4,"tag":"HeadClosed"},"time":"2026-07-15T10:00:00Z"}

        """, to: "log/state")
      let text = try await folder.run("status", "log")
      #expect(text.text.contains("Head aa11 Closed") && text.text.contains(words), "\(text)")
      let head = try await folder.run("status", "log", "--json").document()["head"]
      let left = (head as? [String: Any])?["contestationSecondsLeft"] as? Double
      #expect(left.map { abs($0 - offset) < 60 } ?? false, "\(String(describing: left))")
    }
  }

  // MARK: - The report

  private func lines(_ run: CLIProgram.Outcome) throws -> [[String: Any]] {
    try run.output.split(separator: 0x0A).map {
      try #require(try JSONSerialization.jsonObject(with: Data($0)) as? [String: Any])
    }
  }

  /// The head of the first life of the simulated node, which ends with the event 2047.
  private func firstHead(_ folder: CLIFolder) async throws -> String {
    let opened = try await folder.run("events", "log", "--through", "60", "--tag", "HeadOpened")
    return String(try #require(opened.text.firstMatch(of: /"headId":"([0-9a-f]{56})"/)).output.1)
  }

  @Test(
    "a finalized head's report has each transaction once, and its final UTxO; so has an archive's",
    arguments: ["state", "sqlite-json", "sqlite-cbor"])
  func report(_ format: String) async throws {
    let folder = try CLIFolder()
    try await folder.simulate(2300, "--format", format, "--rotate-after", "700")
    let head = try await firstHead(folder)
    let report = try await folder.run(
      "events", "log", "--head", String(head.prefix(8)), "--transactions")
    #expect(report.code == 0 && report.errors.isEmpty, "\(report.errors)")
    let lines = try lines(report)
    let applied = try await folder.run(
      "events", "log", "--through", "2047", "--tag", "TransactionAppliedToLocalUTxO")
    let ids = applied.text.matches(of: /"txId":"([0-9a-f]{64})"/).map { String($0.output.1) }
    let transactions = lines.filter { $0["kind"] as? String == "transaction" }
    #expect(Set(transactions.compactMap { $0["txId"] as? String }) == Set(ids))
    #expect(transactions.count == Set(ids).count && transactions.count > 100)
    #expect(
      transactions.allSatisfy {
        $0["snapshot"] is Int && $0["cborHex"] is String && $0["time"] is String
          && $0["eventId"] is Int
      })
    let fanout = try #require(lines.first { $0["kind"] as? String == "fanout" })
    #expect(fanout["utxo"] is [String: Any] && fanout["isLast"] as? Bool == true)
    let summary = try #require(lines.last)
    #expect(summary["kind"] as? String == "head" && summary["headId"] as? String == head)
    #expect(summary["isFinalized"] as? Bool == true && summary["state"] as? String == "Final")
    #expect(summary["transactions"] as? Int == transactions.count)

    let csv = try await folder.run(
      "events", "log", "--head", head, "--transactions", "--format", "csv")
    let rows = csv.text.split(separator: "\r\n")
    #expect(rows.first == "kind,txId,eventId,time,snapshot,cborHex,utxo")
    #expect(rows.filter { $0.hasPrefix("transaction,") }.count == transactions.count)
    #expect(rows.last?.hasPrefix("fanout,,") == true)

    try folder.configure("{name: archive, kind: file, path: archive}")
    #expect(try await folder.run("run", "--until-head").code == 0)
    let archived = try await folder.run(
      "events", "--of", "archive", "--head", head, "--transactions")
    #expect(archived.code == 0 && archived.output == report.output, "\(archived.errors)")
  }

  @Test("a head that is open is said to be, and a part that a rotation deleted, too")
  func incomplete() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(
      950, "--format", "state", "--rotate-after", "200", "--drop-archives")
    let id = try #require(
      (try await folder.run("status", "log", "--json").document()["head"] as? [String: Any])?["id"]
        as? String)
    let report = try await folder.run("events", "log", "--head", id, "--transactions")
    #expect(report.code == 1)
    #expect(report.errors.contains("is not finalized"), "\(report.errors)")
    #expect(report.errors.contains("a part of the head \(id) is missing"), "\(report.errors)")
    let summary = try #require(try lines(report).last)
    #expect(summary["isFinalized"] as? Bool == false)
    #expect((summary["missing"] as? [String])?.isEmpty == false)
  }

  @Test("a head that is not there is refused, and so is half an order")
  func refused() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(100)
    let head = try await firstHead(folder)
    let none = try await folder.run("events", "log", "--head", "00000000", "--transactions")
    #expect(none.code == 2 && none.errors.contains(head), "\(none)")
    for arguments in [
      ["--head", head], ["--transactions"], ["--head", "xyz!", "--transactions"],
      ["--head", head, "--transactions", "--last", "5"], ["--format", "csv"],
    ] {
      #expect(try await folder.run(["events", "log"] + arguments).code == 64, "\(arguments)")
    }
  }
}
