import Testing

@testable import HydraLog

@Suite("a summary of an event")
struct EventSummaryTests {
  private func line(_ stateChanged: String, _ tag: String?) -> String {
    let json = Array("{\"eventId\":1,\"stateChanged\":\(stateChanged),\"time\":\"x\"}".utf8)
    return json.withUnsafeBytes { EventSummary.line(for: $0, tag: tag) }
  }

  @Test("shows what matters, by the tag")
  func tags() {
    #expect(
      line(
        #"{"requestedSnapshot":{"number":8113,"confirmed":[{},{},{},{}]}}"#, "SnapshotRequested")
        == "snapshot 8 113 · 4 tx")
    #expect(
      line(
        #"{"snapshotNumber":8113,"party":{"vkey":"4c3f00112233445566"}}"#, "PartySignedSnapshot")
        == "snapshot 8 113 · party 4c3f0011…")
    #expect(
      line(#"{"peer":{"hostname":"10.0.0.1","port":5001}}"#, "PeerConnected") == "10.0.0.1:5001")
    #expect(
      line(
        #"{"depositTxId":"abcdef0123456789","deposited":{"a#0":{}},"deadline":"2026-07-15T10:00:59.5Z"}"#,
        "DepositRecorded") == "deposit abcdef01… · 1 output · deadline 2026-07-15 10:00Z")
    #expect(line("{}", "NetworkConnected") == "")
  }

  @Test("a ledger value from a CBOR log has no outputs to count")
  func ledgerValue() {
    #expect(line(#"{"utxoToCommit":{"cborHex":"a0"}}"#, "CommitApproved") == "")
    #expect(line(#"{"utxoToCommit":{}}"#, "CommitApproved") == "0 outputs")
  }

  @Test("an unknown tag shows its first scalar fields")
  func unknown() {
    #expect(
      line(#"{"a":{"b":1},"c":7,"tag":"New","d":"text","e":null,"f":true,"g":9}"#, "New")
        == "c 7 · d text · f true")
    #expect(line(#"{"c":7}"#, nil) == "c 7")
    #expect(line("[1]", "New") == "")
  }

  @Test("a line is bounded")
  func bounded() {
    let long = String(repeating: "x", count: 5000)
    #expect(line(#"{"a":"\#(long)","b":"\#(long)","c":"\#(long)"}"#, "New").count == 160)
  }

  @Test("each real event has one", .enabled(if: Samples.areThere), arguments: Samples.releases)
  func samples(release: String) {
    let silent: Set = ["NetworkConnected", "NetworkDisconnected"]
    for sample in Samples.lines(release) {
      let json = Array(Samples.event(1, sample).utf8)
      let tag = json.withUnsafeBytes { bytes in
        JSONDocument.withParsed(bytes) { $0.value("/stateChanged/tag") }
      }
      guard case .string(let name) = tag ?? nil else {
        Issue.record("a sample has no tag")
        continue
      }
      let line = json.withUnsafeBytes { EventSummary.line(for: $0, tag: name) }
      // Those of 0.20.0 had no fields to show yet.
      let isBare = release == "0.20.0" && !sample.contains("headId") && line.isEmpty
      #expect(!line.isEmpty || silent.contains(name) || isBare, "\(name)")
    }
  }
}
