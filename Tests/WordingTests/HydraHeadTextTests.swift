import EventPersistence
import EventPersistenceTesting
import Testing
import Wording

@Suite("a head in words")
struct HydraHeadTextTests {
  private static let now = EventTime("2026-07-15T10:00:00Z")!

  private func text(_ head: HydraHead, at now: EventTime = now, columns: Int = 200) -> String {
    head.facts(at: now, columns: columns).map(\.text).joined(separator: " · ")
  }

  @Test("where there is little room, the least important goes first")
  func room() {
    let whole =
      "Head 1a2b3c4d… Open · snapshot 8 112 · 3 parties · 41 205 tx · 2 peers · chain synced, drift 3 s"
    #expect(text(SampleHeads.open) == whole)
    let narrower = [
      "Head 1a2b3c4d… Open · snapshot 8 112 · 41 205 tx · 2 peers · chain synced, drift 3 s",
      "Head 1a2b3c4d… Open · snapshot 8 112 · 2 peers · chain synced, drift 3 s",
      "Head 1a2b3c4d… Open · 2 peers · chain synced, drift 3 s", "Head 1a2b3c4d… Open · 2 peers",
      "Head 1a2b3c4d… Open",
    ]
    var columns = whole.count
    for next in narrower {
      columns -= 1
      #expect(text(SampleHeads.open, columns: columns) == next)
      #expect(text(SampleHeads.open, columns: next.count) == next)
      columns = next.count
    }
    #expect(text(SampleHeads.open, columns: 3) == "Head 1a2b3c4d… Open")
  }

  @Test("the time until the contestation deadline runs down, and then says that it has passed")
  func contestation() {
    var head = SampleHeads.open
    head.state = .closed
    head.contestationDeadline = EventTime("2026-07-15T12:14:00Z")!
    func facts(_ time: String) -> String { text(head, at: EventTime(time)!) }
    #expect(facts("2026-07-15T10:00:00Z").contains("contestation ends in 2 h 14 m"))
    #expect(facts("2026-07-15T12:13:30Z").contains("contestation ends in 30 s"))
    #expect(facts("2026-07-15T12:13:59.9Z").contains("contestation ends in 1 s"))
    #expect(facts("2026-07-15T12:14:00Z").contains("contestation ended 0 s ago"))
    #expect(facts("2026-07-15T12:19:00Z").contains("contestation ended 5 m 00 s ago"))
    #expect(text(head, columns: 60).contains("contestation"))
    head.state = .final
    #expect(!facts("2026-07-15T12:19:00Z").contains("contestation"))
  }

  @Test("what the log does not tell is a question mark")
  func unknown() {
    #expect(text(HydraHead()) == "Head ? · peers ? · chain ?")
    var head = HydraHead()
    head.chainDriftSeconds = 90
    #expect(text(head) == "Head ? · peers ? · chain ?, drift 1 m 30 s")
  }

  @Test("a peer that is missing, a network that is down and a chain that lags are warnings")
  func warnings() {
    var head = SampleHeads.open
    #expect(head.facts(at: Self.now).allSatisfy { !$0.isWarning })
    head.peersConnected = 1
    head.isChainSynced = false
    var warnings = head.facts(at: Self.now).filter(\.isWarning).map(\.text)
    #expect(warnings == ["1 of 2 peers", "chain not synced, drift 3 s"])
    head.isNetworkConnected = false
    warnings = head.facts(at: Self.now).filter(\.isWarning).map(\.text)
    #expect(warnings.first == "network down")
  }
}
