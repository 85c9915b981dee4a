import EventPersistence
import Testing

@testable import HydraLog

@Suite("the Hydra Head from the log")
struct HeadFoldTests {
  private static let opened =
    #"{"headId":"aa11","parameters":{"parties":[1,2,3]},"tag":"HeadOpened"}"#
  private static let applied = #"{"headId":"aa11","tag":"TransactionAppliedToLocalUTxO"}"#

  private static func confirmed(_ number: Int) -> String {
    "{\"headId\":\"aa11\",\"snapshot\":{\"number\":\(number)},\"tag\":\"SnapshotConfirmed\"}"
  }

  private func head(_ changes: [String]) async throws -> HydraHead? {
    let folder = LogFolder()
    folder.write("state", changes.enumerated().map { Samples.event($0, $1) })
    return folder.directory.surveyNow().hydraHead
  }

  @Test("a head's life, step by step")
  func life() async throws {
    #expect(
      try await head([#"{"headId":"aa11","parameters":{"parties":[1]},"tag":"HeadInitialized"}"#])
        == HydraHead(id: "aa11", state: .initializing, parties: 1))
    var changes = [Self.opened]
    #expect(
      try await head(changes)
        == HydraHead(id: "aa11", state: .open, snapshotNumber: 0, parties: 3, transactions: 0))
    changes += [Self.applied, Self.applied, Self.confirmed(1)]
    #expect(
      try await head(changes)
        == HydraHead(id: "aa11", state: .open, snapshotNumber: 1, parties: 3, transactions: 2))
    changes.append(
      #"{"contestationDeadline":"2026-07-15T12:00:00Z","headId":"aa11","snapshotNumber":1,"tag":"HeadClosed"}"#
    )
    #expect(try await head(changes)?.state == .closed)
    #expect(try await head(changes)?.contestationDeadline == EventTime("2026-07-15T12:00:00Z"))
    changes.append(
      #"{"contestationDeadline":"2026-07-15T13:00:00Z","headId":"aa11","snapshotNumber":2,"tag":"HeadContested"}"#
    )
    #expect(try await head(changes)?.state == .contested)
    #expect(try await head(changes)?.contestationDeadline == EventTime("2026-07-15T13:00:00Z"))
    #expect(try await head(changes)?.snapshotNumber == 2)
    changes.append(#"{"headId":"aa11","tag":"HeadIsReadyToFanout"}"#)
    #expect(try await head(changes)?.state == .fanoutPossible)
    changes.append(#"{"headId":"aa11","tag":"HeadFannedOut"}"#)
    #expect(try await head(changes)?.state == .final)
  }

  @Test("what the tail does not say is unknown")
  func unknown() async throws {
    #expect(try await head([#"{"tag":"TickObserved"}"#]) == HydraHead())
    #expect(
      try await head([Self.applied, Self.confirmed(7)])
        == HydraHead(id: "aa11", state: .open, snapshotNumber: 7))
  }

  @Test("a rotation's Checkpoint holds the state, and the count continues")
  func checkpoint() async throws {
    let state =
      #"{"coordinatedHeadState":{"confirmedSnapshot":{"snapshot":{"number":9},"tag":"ConfirmedSnapshot"}},"headId":"aa11","parameters":{"parties":[1,2]}}"#
    let checkpoint =
      #"{"state":{"headState":{"contents":\#(state),"tag":"Open"}},"tag":"Checkpoint"}"#
    #expect(
      try await head([checkpoint])
        == HydraHead(id: "aa11", state: .open, snapshotNumber: 9, parties: 2))
    #expect(
      try await head([Self.opened, Self.applied, checkpoint, Self.applied])
        == HydraHead(id: "aa11", state: .open, snapshotNumber: 9, parties: 2, transactions: 2))
    let idle = #"{"state":{"headState":{"contents":{},"tag":"Idle"}},"tag":"Checkpoint"}"#
    #expect(try await head([Self.opened, idle]) == HydraHead(state: .idle))
  }

  @Test("a Checkpoint of a closed head tells its deadline, and whether it can be fanned out")
  func closedCheckpoint() async throws {
    func checkpoint(_ isReady: Bool) -> String {
      let state =
        #"{"contestationDeadline":"2026-07-15T12:00:00Z","headId":"aa11","readyToFanoutSent":\#(isReady)}"#
      return #"{"state":{"headState":{"contents":\#(state),"tag":"Closed"}},"tag":"Checkpoint"}"#
    }
    #expect(try await head([checkpoint(false)])?.state == .closed)
    #expect(try await head([checkpoint(true)])?.state == .fanoutPossible)
    #expect(
      try await head([checkpoint(false)])?.contestationDeadline
        == EventTime("2026-07-15T12:00:00Z"))
  }

  @Test("each look continues from the last, and reads of a large log what tells something")
  func follows() async throws {
    let folder = LogFolder()
    let tick = "{\"pad\":\"\(String(repeating: "x", count: 5000))\",\"tag\":\"TickObserved\"}"
    folder.write(
      "state",
      [Samples.event(0, Self.opened)] + (1..<4000).map { Samples.event($0, tick) }
        + [Samples.event(4000, Self.confirmed(5))])
    let directory = folder.directory
    #expect(
      directory.surveyNow().hydraHead
        == HydraHead(id: "aa11", state: .open, snapshotNumber: 5, parties: 3))
    folder.append("state", Samples.event(4001, Self.confirmed(6)) + "\n")
    #expect(directory.surveyNow().hydraHead?.snapshotNumber == 6)
  }

  @Test("real events are understood", .enabled(if: Samples.areThere), arguments: Samples.releases)
  func samples(release: String) async throws {
    let opened = Samples.lines(release).filter { $0.contains("\"tag\":\"HeadOpened\"") }
    try #require(!opened.isEmpty)
    for sample in opened {
      let head = try await head([sample])
      #expect(head?.state == .open)
      #expect(head?.id != nil || release == "0.20.0")
    }
  }

  @Test(
    "real events of the network and the chain are understood", .enabled(if: Samples.areThere),
    arguments: ["1.3.0", "2.3.0"])
  func nodeSamples(release: String) async throws {
    func head(_ tags: String...) async throws -> HydraHead {
      let lines = Samples.lines(release)
      let changes = try tags.map { tag in
        try #require(lines.first { $0.contains("\"tag\":\"\(tag)\"") })
      }
      return try #require(try await self.head(changes))
    }
    #expect(try await head("NetworkConnected").peersConnected == 0)
    #expect(try await head("NetworkConnected", "PeerConnected").peersConnected == 1)
    #expect(try await head("NodeSynced").isChainSynced == true)
    #expect(try await head("NodeUnsynced").isChainSynced == false)
    #expect(try await head("NodeUnsynced").chainDriftSeconds == 0)
    #expect(try await head("TickObserved").chainPoint?.slot == 0)
    #expect(try await head("TickObserved", "DepositRecorded").chainPoint?.slot == 1)
    #expect(try await head("HeadClosed").contestationDeadline != nil)
    let checkpoint = try await head("Checkpoint")
    #expect(checkpoint.isChainSynced == false)
    #expect(checkpoint.chainPoint != nil)
    #expect(checkpoint.contestationDeadline != nil || release == "2.3.0")
  }
}
