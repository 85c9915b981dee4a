import EventPersistence
import SecondaryStatus
import Testing
import Wording

@testable import hydra_sinks

@Suite("status for a person")
struct StatusTextTests {
  private let now = EventTime("2026-07-15T15:00:00Z")!

  private func lines(_ report: SecondaryReport) -> [String] {
    var document = StatusDocument(unreachable: "/var/lib/hydra", because: "gone", at: now)
    document.stateError = nil
    document.secondaries = [report]
    return StatusText(paint: Paint(isColoured: false)).lines(document)
  }

  @Test("a state says since when and, in a word, why; the whole error is below")
  func why() {
    var report = SecondaryReport(name: "cold", kind: "s3", state: .stalled, severity: .error)
    report.stateSince = now.advanced(bySeconds: -5 * 3600)
    report.lastError = "the credentials ended at noon"
    report.errorCode = "ExpiredToken"
    let lines = lines(report)
    #expect(
      lines.contains { $0.hasSuffix("stalled 5 h 00 m, since 10:00 · ExpiredToken") }, "\(lines)")
    #expect(lines.last == "✖ cold: the credentials ended at noon")
  }

  @Test("a pause shows its reason; a secondary that is well shows nothing more")
  func reasons() {
    var paused = SecondaryReport(name: "cold", kind: "s3", state: .paused, severity: .info)
    paused.paused = PauseOrder(by: "ann@n7", at: now, reason: "moving the bucket", until: nil)
    #expect(lines(paused).contains { $0.hasSuffix("paused · moving the bucket") })
    var well = SecondaryReport(name: "cold", kind: "s3", state: .ok, severity: .ok)
    well.lastError = "what was tried again, and went well"
    #expect(lines(well).last?.hasSuffix("ok") ?? false)
  }

  @Test("foreign text moves no terminal, and a long word does not push the table away")
  func foreign() {
    var report = SecondaryReport(name: "cold", kind: "s3", state: .stalled, severity: .error)
    report.errorCode = "\u{1B}[2J" + String(repeating: "x", count: 500)
    report.lastError = "failed"
    let row = lines(report).first { $0.contains("stalled") } ?? ""
    #expect(row.contains("\\x1b") && !row.contains("\u{1B}") && row.count < 120, "\(row)")
  }
}
