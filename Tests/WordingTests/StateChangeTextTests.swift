import EventPersistence
import SecondaryStatus
import Testing
import Wording

@Suite("a change of state in one line")
struct StateChangeTextTests {
  private func text(
    _ edit: (inout SecondaryReport) -> Void, node: String? = nil, of name: String? = "archive",
    from: String?
  ) -> String {
    var document = StatusDocument(unreachable: "/hydra", because: "gone", at: .now)
    var report = SecondaryReport(name: "archive", kind: .file, state: .stalled, severity: .error)
    edit(&report)
    document.secondaries = [report]
    document.node = node
    let due = StateNotices.Due(
      subject: name ?? "", from: from.map { .init(state: $0, severity: .ok) },
      to: .init(state: name == nil ? "unreadable" : report.state.rawValue, severity: .error),
      changes: 1)
    return due.text(of: name, in: document)
  }

  @Test("it names what changed, the words of both states, and why")
  func whole() {
    #expect(
      text({ $0.explanation = "disk full." }, node: "alice", from: "falling-behind")
        == "alice/archive: stalled (before: falling behind): disk full.")
    #expect(text({ $0.state = .driverLost }, from: nil) == "archive: driver lost")
    #expect(
      text({ _ in }, of: nil, from: "live") == "the node's log: unreadable (before: live): gone")
  }

  @Test("it is one line of limited length, whatever an error says")
  func foreign() {
    let long = text(
      { $0.explanation = "a\n\u{1b}[2J" + String(repeating: "x", count: 5000) }, from: nil)
    #expect(long.hasPrefix("archive: stalled: a\\x0a\\x1b[2Jxx"))
    #expect(long.count == 1000 && long.hasSuffix("…"))
  }
}
