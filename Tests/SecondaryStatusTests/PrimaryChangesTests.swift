import EventPersistence
import EventPersistenceTesting
import Testing

@testable import SecondaryStatus

@Suite struct PrimaryChangesTests {
  private let at = time("2026-07-15T10:00:00Z")

  @Test("an upgrade of the node is told with both formats, also after a moment without a log")
  func upgrade() {
    var changes = PrimaryChanges()
    #expect(changes.take(Survey(state: .live, format: .state), at: at) == [])
    #expect(changes.take(Survey(state: .live, format: .state), at: at) == [])
    let gone = changes.take(Survey(state: .missing, sentence: "There is no log."), at: at)
    #expect(gone.map(\.text) == ["the log is missing: There is no log."])
    #expect(gone.map(\.severity) == [.unknown])
    let back = changes.take(Survey(state: .live, format: .sqliteJSON), at: at)
    #expect(back.count == 2 && back.allSatisfy { $0.severity == .info })
    #expect(back[0].text == "the log can be read again")
    #expect(back[1].text.contains("from state to sqlite-json"))
    let next = changes.take(Survey(state: .live, format: .sqliteCBOR), at: at)
    #expect(next.count == 1 && next[0].text.contains("from sqlite-json to sqlite-cbor"))
    #expect(next[0].kind == .primary)
  }

  @Test("a log that cannot be used from the beginning is told, with its severity")
  func unreadable() {
    var changes = PrimaryChanges()
    let entries = changes.take(Survey(state: .unreadable, sentence: "Closed."), at: at)
    #expect(entries.map(\.severity) == [.error])
    #expect(changes.take(Survey(state: .unreadable, sentence: "Closed."), at: at) == [])
  }

  @Test("a pause says its reason whatever its severity, and is none once its time is over")
  func pause() {
    var scenario = LagScenario()
    scenario.now = 1000
    scenario.pause = PauseOrder(
      by: "a@h", at: LagScenario.at(0), reason: "the disk", until: LagScenario.at(999))
    let overdue = scenario.look()
    #expect(overdue.severity == .warning)
    #expect(overdue.explanation?.contains("Paused by a@h: the disk.") == true)
    scenario.edit = { $0.willLoseEvents = true }
    let endangered = scenario.look()
    #expect(endangered.severity == .error)
    #expect(endangered.explanation?.contains("the disk") == true)
    scenario.edit = { _ in }
    scenario.pause?.resumeAt = LagScenario.at(1000)
    #expect(scenario.look().state == .ok)
  }
}
