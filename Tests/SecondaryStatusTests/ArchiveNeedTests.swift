import EventPersistence
import Testing

@testable import SecondaryStatus

@Suite("which secondaries need an archive")
struct ArchiveNeedTests {
  private let archive = Survey.Archive(
    path: "state-100", firstEventId: 0, lastEventId: 100, bytes: 1)

  private func report(
    _ name: String, at id: UInt64?, severity: Severity = .ok, replayFrom: UInt64? = nil
  ) -> SecondaryReport {
    var report = SecondaryReport(name: name, kind: "file", state: .ok, severity: severity)
    report.checkpoint = id.map {
      Checkpoint(position: Position(eventId: $0), at: nil, highest: nil)
    }
    if let replayFrom {
      report.replay = ReplayRecord(
        id: "r", kind: .range, from: Position(eventId: replayFrom), through: nil,
        requestedBy: "a@b", reason: nil, at: .now, maxRate: nil, previousCheckpoint: nil)
    }
    return report
  }

  @Test("a secondary that has not stored its last event needs it")
  func behind() {
    let need = ArchiveNeed(
      archive, [report("a", at: 99), report("b", at: 100), report("c", at: nil)])
    #expect(need.needing == ["a", "c"])
    #expect(need.sentence == "a, c")
  }

  @Test("a replay that goes back into it needs it")
  func replayed() {
    let need = ArchiveNeed(
      archive, [report("a", at: 500, replayFrom: 100), report("b", at: 500, replayFrom: 101)])
    #expect(need.needing == ["a"])
  }

  @Test("it may be deleted only if there are secondaries, and all are known to have stored it")
  func deletable() {
    #expect(ArchiveNeed(archive, [report("a", at: 100)]).sentence == "none: may be deleted")
    #expect(
      ArchiveNeed(archive, [report("a", at: 100, severity: .unknown)]).sentence == "unknown: a")
    #expect(ArchiveNeed(archive, []).sentence == "unknown: no secondaries are configured")
  }
}
