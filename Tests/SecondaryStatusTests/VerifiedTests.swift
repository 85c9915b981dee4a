import EventPersistence
import Foundation
import Testing

@testable import SecondaryStatus

@Suite("What verify found, in a report")
struct VerifiedTests {
  private func report(replayedAt: EventTime? = nil, isFaulty: Bool = true) -> SecondaryReport {
    var record = VerifiedRecord(
      startedAt: LagScenario.start, at: LagScenario.start, by: "a@h",
      verdict: isFaulty ? .differs : .unproven, from: nil, through: 100)
    if isFaulty {
      record.take(
        [.init(.missing, .init(10...19), events: 2000, startedAt: record.startedAt)],
        repairs: [.init(.init(9...20), startedAt: record.startedAt)])
    }
    let verified = Verified(record, replayedAt: replayedAt)
    var scenario = LagScenario()
    scenario.edit = { $0.verified = verified }
    return scenario.look(at: 1)
  }

  @Test("a fault is an error, with its repair; delivered again, a warning")
  func severity() throws {
    let found = report()
    #expect(found.state == .ok && found.severity == .error)
    let text = try #require(found.explanation)
    #expect(text.contains("2000 missing") && text.contains("replay cold --from 9 --through 20"))
    let again = report(replayedAt: LagScenario.start)
    #expect(again.state == .ok && again.severity == .warning)
    #expect(again.explanation?.hasSuffix("To confirm it: hydra-sinks verify cold") == true)
    let unproven = report(isFaulty: false)
    #expect(unproven.severity == .ok && unproven.explanation == nil)
  }

  @Test("it survives its JSON")
  func json() throws {
    for verified in [report().verified, report(replayedAt: LagScenario.start).verified] {
      let text = try JSONEncoder().encode(verified)
      #expect(try JSONDecoder().decode(Verified.self, from: text) == verified)
    }
  }
}
