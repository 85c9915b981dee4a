import EventPersistence
import Testing

@testable import HydraLog

@Suite("the report of a head")
struct HeadReportTests {
  private static let opened = #"{"headId":"aa11","parties":[],"tag":"HeadOpened"}"#
  private static let fannedOut =
    #"{"finalizedOutputs":{"t#0":{"value":{"lovelace":12345678901234567890}}},"headId":"aa11","tag":"HeadFannedOut"}"#

  private static func applied(_ id: String, head: String = "aa11", cbor: String? = nil) -> String {
    #"{"headId":"\#(head)","tag":"TransactionAppliedToLocalUTxO","tx":{"cborHex":"\#(cbor ?? id)","txId":"\#(id)"}}"#
  }

  private static func list(_ ids: [String]) -> String {
    "[" + ids.map { #"{"cborHex":"\#($0)00","txId":"\#($0)"}"# }.joined(separator: ",") + "]"
  }

  private static func confirmed(_ number: Int, _ ids: String...) -> String {
    #"{"headId":"aa11","snapshot":{"confirmed":\#(list(ids)),"headId":"aa11","number":\#(number)},"tag":"SnapshotConfirmed"}"#
  }

  /// What comes out of `changes`, the events from `first` on.
  private func report(_ changes: [String], of head: String = "aa11", first: UInt64 = 0) -> (
    lines: [HeadReport.Line], report: HeadReport
  ) {
    var report = HeadReport(head)
    var lines: [HeadReport.Line] = []
    for (index, change) in changes.enumerated() {
      let tag = change.firstMatch(of: /"tag":"([A-Za-z]+)"\}$|"tag":"([A-Za-z]+)","tx"/)!.output
      let id = first + UInt64(index)
      let position = Position(
        eventId: id, tag: String(tag.1 ?? tag.2!), time: Line.time(id))
      let json = Samples.event(Int(id), change)
      Array(json.utf8).withUnsafeBytes { lines += report.take(position, $0) }
    }
    return (lines + report.finish(), report)
  }

  private static func transaction(
    _ id: String, event: UInt64?, snapshot: UInt64?, cbor: String? = nil
  ) -> HeadReport.Line {
    .transaction(
      HeadReport.Transaction(
        txId: id, eventId: event, time: event.map(Line.time), snapshot: snapshot,
        cborHex: cbor ?? id))
  }

  @Test("each transaction comes out with the snapshot that confirmed it, then the final UTxO")
  func whole() {
    let (lines, report) = report([
      Self.opened, Self.applied("t1"), Self.applied("t2"), Self.confirmed(1, "t1"),
      Self.applied("t3"), Self.confirmed(2, "t2", "t3"),
      #"{"headId":"aa11","tag":"HeadClosed"}"#, Self.fannedOut,
    ])
    #expect(
      lines == [
        Self.transaction("t1", event: 1, snapshot: 1),
        Self.transaction("t2", event: 2, snapshot: 2),
        Self.transaction("t3", event: 4, snapshot: 2),
        .fanout(
          HeadReport.Fanout(
            eventId: 7, time: Line.time(7), isLast: true,
            utxo: #"{"t#0":{"value":{"lovelace":12345678901234567890}}}"#)),
      ])
    #expect(report.openedAt?.eventId == 0 && report.closedAt?.eventId == 6)
    #expect(report.endedAt?.eventId == 7 && report.snapshotNumber == 2)
    #expect(report.confirmed == 3 && report.unconfirmed == 0)
  }

  @Test("what no snapshot confirmed comes out at the end, the oldest first")
  func unconfirmed() {
    let (lines, report) = report([
      Self.opened, Self.applied("t9"), Self.applied("t1"), Self.applied("t5"),
      Self.confirmed(1, "t1"),
    ])
    #expect(
      lines == [
        Self.transaction("t1", event: 2, snapshot: 1),
        Self.transaction("t9", event: 1, snapshot: nil),
        Self.transaction("t5", event: 3, snapshot: nil),
      ])
    #expect(report.endedAt == nil && report.unconfirmed == 2)
  }

  @Test("a transaction that was applied before the first event has the snapshot's CBOR")
  func appliedBefore() {
    let (lines, report) = report([Self.confirmed(4, "t1")])
    #expect(lines == [Self.transaction("t1", event: nil, snapshot: 4, cbor: "t100")])
    #expect(report.openedAt == nil)
  }

  @Test("a confirmation without its snapshot is that of the snapshot requested last")
  func requested() {
    let request =
      #"{"requestedSnapshot":{"confirmed":\#(Self.list(["t1"])),"headId":"aa11","number":3},"tag":"SnapshotRequested"}"#
    let bare = #"{"headId":"aa11","snapshot":null,"tag":"SnapshotConfirmed"}"#
    let (lines, _) = report([Self.opened, Self.applied("t1"), request, bare, bare])
    #expect(lines == [Self.transaction("t1", event: 1, snapshot: 3)])
  }

  @Test("events of other heads are left out, and their ids are known")
  func others() {
    let (lines, report) = report([Self.applied("t1", head: "bb22"), Self.applied("t2")])
    #expect(lines == [Self.transaction("t2", event: 1, snapshot: nil)])
    #expect(report.headId == "aa11" && report.others == ["bb22"] && report.ambiguous == nil)
  }

  @Test("a beginning of an id is enough, unless two heads have it")
  func beginning() {
    #expect(report([Self.opened], of: "AA").report.headId == "aa11")
    let (_, report) = report(
      [Self.applied("t1", head: "aa11"), Self.applied("t2", head: "aa12")], of: "aa1")
    #expect(report.ambiguous == "aa12")
  }

  @Test("a partial fanout is not the last, and an aborted head pays out, too")
  func ends() {
    let part =
      #"{"distributedOutputs":{"cborHex":"a0"},"headId":"aa11","remainingOutputs":{},"tag":"HeadPartialFannedOut"}"#
    let (lines, partial) = report([Self.opened, part])
    guard case .fanout(let fanout) = lines.first else {
      Issue.record("no fanout")
      return
    }
    #expect(!fanout.isLast && fanout.utxo == #"{"cborHex":"a0"}"#)
    #expect(partial.endedAt == nil)
    let aborted = report([#"{"headId":"aa11","utxo":{},"tag":"HeadAborted"}"#]).report
    #expect(aborted.isAborted && aborted.endedAt != nil)
  }

  @Test("what waits for a snapshot is bounded: beyond, the oldest come out")
  func bounded() {
    let cbor = String(repeating: "0", count: HeadReport.pendingBytesMax / 4)
    let (lines, report) = report((1...6).map { Self.applied("t\($0)", cbor: cbor) })
    #expect(lines.count == 6 && report.unconfirmed == 6)
    var fed = HeadReport("aa11")
    var out: [Int] = []
    for index in 0..<6 {
      let json = Samples.event(index, Self.applied("t\(index)", cbor: cbor))
      let position = Position(
        eventId: UInt64(index), tag: "TransactionAppliedToLocalUTxO", time: nil)
      Array(json.utf8).withUnsafeBytes { out.append(fed.take(position, $0).count) }
    }
    #expect(out == [0, 0, 0, 0, 3, 0])
  }

  @Test("real events are understood", .enabled(if: Samples.areThere))
  func samples() throws {
    for release in ["1.3.0", "2.3.0"] {
      let lines = Samples.lines(release)
      let applied = try #require(
        lines.first { $0.contains("\"tag\":\"TransactionAppliedToLocalUTxO\"") })
      let id = try #require(applied.firstMatch(of: /"headId":"([0-9a-f]+)"/)?.output.1)
      var report = HeadReport(String(id))
      let position = Position(eventId: 0, tag: "TransactionAppliedToLocalUTxO", time: nil)
      let json = Samples.event(0, applied)
      _ = Array(json.utf8).withUnsafeBytes { report.take(position, $0) }
      guard case .transaction(let transaction)? = report.finish().first else {
        Issue.record("\(release): no transaction")
        continue
      }
      #expect(transaction.txId.count == 64 && transaction.cborHex?.isEmpty == false)
    }
  }
}
