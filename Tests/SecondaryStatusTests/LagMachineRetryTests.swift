import EventPersistence
import Testing

@testable import SecondaryStatus

/// A driver that tries again.
@Suite struct LagMachineRetryTests {
  @Test("a stalled secondary whose driver tries again stays stalled until it gets further")
  func triesAgain() {
    var scenario = LagScenario()
    scenario.head = 200
    scenario.missingTime = -5
    scenario.driver?.stopped = true
    scenario.driver?.lastError = "no such program"
    #expect(scenario.look(at: 0).state == .stalled)
    for second in 1...9 {
      scenario.head! += 10
      // For a moment, the driver reports neither a stop nor an error.
      scenario.driver?.stopped = second % 3 == 0
      scenario.driver?.lastError = second % 3 == 0 ? "no such program" : nil
      scenario.driver?.phase = .storing
      scenario.driver?.phaseSince = LagScenario.at(Double(second))
      #expect(scenario.look(at: Double(second)).state == .stalled)
    }
    scenario.driver?.stopped = false
    scenario.driver?.lastError = nil
    scenario.checkpoint! += 50
    scenario.writtenAt = 10
    #expect(scenario.look(at: 10).state != .stalled)
  }

  @Test("one that fails beyond its patience says that its driver keeps trying, and how to try now")
  func keepsTrying() {
    var scenario = LagScenario()
    scenario.head = 200
    scenario.missingTime = -100
    scenario.driver?.lastError = "audit-loader ended with exit code 1"
    scenario.driver?.phase = .backingOff
    _ = scenario.look(at: 0)
    let report = scenario.look(at: 120)
    #expect(report.state == .stalled)
    #expect(
      report.explanation
        == "audit-loader ended with exit code 1; the driver keeps trying. To try now: "
        + "hydra-sinks retry cold")
  }
}
