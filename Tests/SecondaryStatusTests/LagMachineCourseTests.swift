import EventPersistence
import Testing

@testable import SecondaryStatus

/// How states follow one another, look after look.
@Suite struct LagMachineCourseTests {
  @Test("catching up shows both rates and the time left")
  func catchingUp() throws {
    var scenario = LagScenario()
    scenario.head = 10_000
    scenario.missingTime = -100
    let report = scenario.run(until: 20) {
      $0.head! += 5
      $0.checkpoint! += 50
      $0.writtenAt = $0.now
    }
    #expect(report.state == .catchingUp)
    #expect(report.ratePerSecond == 100)
    let lag = try #require(report.lagEvents)
    #expect(report.etaSeconds == Double(lag) / 90)
  }

  @Test("ten seconds after a secondary has caught up, its rate is that of the head")
  func caughtUp() throws {
    var scenario = LagScenario()
    scenario.head = 10_000
    scenario.checkpoint = 5000
    scenario.missingTime = -100
    let report = scenario.run(until: 20) {
      $0.head! += 10
      $0.checkpoint = min($0.checkpoint! + 500, $0.head! - 1)
      $0.writtenAt = $0.now
      $0.missingTime = $0.now - 0.1
    }
    #expect(report.ratePerSecond == 20)
    #expect([.ok, .lagging].contains(report.state) && report.etaSeconds == nil, "\(report)")
  }

  @Test("of a secondary that stores in long steps, the rate is that of its steps")
  func longSteps() throws {
    var scenario = LagScenario(kind: "command")
    scenario.head = 10_000
    scenario.checkpoint = 5000
    scenario.missingTime = -100
    let report = scenario.run(until: 59) {
      $0.head! += 5
      // Each 15 seconds.
      if $0.now.truncatingRemainder(dividingBy: 15) == 0 { $0.checkpoint! += 600 }
      $0.writtenAt = $0.now
    }
    let rate = try #require(report.ratePerSecond)
    #expect((20...50).contains(rate), "\(rate)")
  }

  @Test("who looks for the first time takes the driver's word that a secondary falls behind")
  func firstLook() {
    var scenario = LagScenario()
    scenario.head = 10_000
    scenario.missingTime = -100
    scenario.edit = {
      $0.lastStateChange = JournalEntry(.state, "falling-behind: x", at: LagScenario.at(-700))
    }
    #expect(scenario.look().state == .fallingBehind)
    var alone = LagScenario()
    alone.head = 10_000
    alone.missingTime = -100
    alone.edit = { $0.lastStateChange = JournalEntry(.state, "lagging", at: LagScenario.at(-700)) }
    #expect(alone.look().state == .lagging)
  }

  @Test("falling behind takes ten seconds of growth and one more to be sure")
  func fallingBehind() {
    var scenario = LagScenario()
    scenario.head = 10_000
    scenario.missingTime = -100
    var states: [(Double, SecondaryState)] = []
    _ = scenario.run(until: 14) {
      $0.head! += 50
      $0.checkpoint! += 5
      var copy = $0
      states.append(($0.now, copy.look().state))
    }
    #expect(states.filter { $0.0 < 11 }.allSatisfy { $0.1 == .lagging })
    #expect(states.last?.1 == .fallingBehind)
  }

  @Test(
    "a sink that stores in steps and keeps pace has one state",
    arguments: [0.5, 1, 1.5, 2, 3.7], ["checkpoint", "command"] as [SinkKind])
  func steps(period: Double, kind: SinkKind) {
    var scenario = LagScenario(kind: kind)
    scenario.head = 1000
    scenario.checkpoint = 970
    scenario.missingTime = -2
    if kind == .checkpoint {
      scenario.isLocked = nil
      scenario.driver = nil
    }
    var states: [SecondaryState] = []
    var published = 0.0
    _ = scenario.run(until: 150) {
      $0.head = 1000 + UInt64($0.now * 20)
      if $0.now - published >= period {
        // What was the head a step ago.
        $0.checkpoint = 1000 + UInt64(max(0, $0.now - period) * 20) - 20
        published = $0.now
      }
      $0.missingTime = $0.now - 2
      var copy = $0
      states.append(copy.look().state)
    }
    // Once the window holds nothing of the beginning.
    #expect(Set(states.dropFirst(150)).count == 1, "\(states)")
  }

  @Test("looks that keep step with a sink's steps show no trend either")
  func stepsUnseen() {
    var scenario = LagScenario(kind: "checkpoint")
    scenario.isLocked = nil
    scenario.driver = nil
    var states: [SecondaryState] = []
    for second in 1...120 {
      scenario.head = 1000 + UInt64(second) * 20
      // The steps drift against the looks.
      scenario.checkpoint = scenario.head! - [26, 27, 28, 27, 25][second / 7 % 5]
      scenario.missingTime = Double(second) - 1.3
      states.append(scenario.look(at: Double(second)).state)
    }
    #expect(Set(states) == [.lagging], "\(states)")
  }

  @Test("a sink that stores in steps and gains on the head is catching up all the time")
  func stepsThatGain() {
    var scenario = LagScenario(kind: "command")
    scenario.head = 10_000
    scenario.missingTime = -100
    var states: [SecondaryState] = []
    _ = scenario.run(until: 120) {
      $0.head! += 10
      if $0.now.remainder(dividingBy: 1.5) == 0 { $0.checkpoint! += 75 }
      var copy = $0
      states.append(copy.look().state)
    }
    #expect(Set(states.dropFirst(8)) == [.catchingUp], "\(states)")
  }

  @Test("a lag that was zero once within the minute is not falling behind")
  func notFallingBehind() {
    var scenario = LagScenario()
    scenario.missingTime = -10
    let report = scenario.run(until: 30) {
      $0.head! += 50
      $0.checkpoint! += 5
    }
    #expect(report.state == .lagging)
  }

  @Test("one new event after a quiet hour is no alarm until patience is over")
  func quietHour() {
    var scenario = LagScenario()
    _ = scenario.look(at: 0)
    #expect(scenario.look(at: 3600).state == .ok)
    scenario.head = 101
    // The node dates it long ago; what counts is since when it could be stored.
    scenario.missingTime = 1000
    #expect(scenario.look(at: 3601).state == .ok)
    #expect(scenario.look(at: 3603).state == .lagging)
    #expect(scenario.look(at: 3631).state == .lagging)
    let stalled = scenario.look(at: 3631.5)
    #expect(stalled.state == .stalled)
    #expect(stalled.stateSince == LagScenario.at(3601))
    #expect(scenario.look(at: 9000).stateSince == LagScenario.at(3601))
  }

  @Test("a secondary that trails by our own second stays ok")
  func noFlicker() {
    var scenario = LagScenario()
    _ = scenario.look()
    let report = scenario.run(until: 30) {
      $0.head! += 20
      $0.checkpoint! = $0.head! - 10
      $0.missingTime = $0.now - 0.4
      var copy = $0
      #expect(copy.look().state == .ok)
    }
    #expect(report.severity == .ok)
  }

  @Test("a driver that has just begun on old events is not stalled, nor one that has just resumed")
  func justBegun() {
    var scenario = LagScenario()
    scenario.head = 200
    scenario.writtenAt = -7200
    scenario.missingTime = -7000
    scenario.driver = LagScenario.driver(startedAt: -1)
    #expect(scenario.look(at: 0).state == .lagging)
    #expect(scenario.look(at: 29).state == .lagging)
    #expect(scenario.look(at: 29.5).state == .stalled)
    scenario.pause = PauseOrder(by: "a@h", at: LagScenario.at(30), reason: nil, until: nil)
    #expect(scenario.look(at: 30).state == .paused)
    #expect(scenario.look(at: 500).state == .paused)
    scenario.pause = nil
    #expect(scenario.look(at: 501).state == .lagging)
    #expect(scenario.look(at: 531).state == .lagging)
    let stalled = scenario.look(at: 531.5)
    #expect(stalled.state == .stalled)
    #expect(stalled.stateSince == LagScenario.at(501))
  }

  @Test("ahead for five seconds is lag 0, then diverged; a head that follows repairs it")
  func ahead() {
    var scenario = LagScenario()
    _ = scenario.look(at: 0)
    scenario.checkpoint = 105
    let legal = scenario.look(at: 10)
    #expect(legal.state == .ok && legal.lagEvents == 0 && legal.lagSeconds == 0)
    #expect(scenario.look(at: 14.9).state == .ok)
    scenario.head = 105
    #expect(scenario.look(at: 15.5).state == .ok)
    scenario.checkpoint = 110
    #expect(scenario.look(at: 16).state == .ok)
    #expect(scenario.look(at: 21).state == .diverged)
  }

  @Test("a sink that stays ahead of a head that keeps following never diverges")
  func alwaysAhead() {
    var scenario = LagScenario()
    _ = scenario.look()
    let report = scenario.run(until: 60) {
      $0.head! += 10
      $0.checkpoint! = $0.head! + 25
    }
    #expect(report.state == .ok)
  }

  @Test("a new lock is not hung because of the last driver's heartbeat")
  func freshLock() {
    var scenario = LagScenario()
    scenario.isLocked = false
    scenario.driver?.at = LagScenario.at(-500)
    #expect(scenario.look(at: 0).state == .driverLost)
    scenario.isLocked = true
    #expect(scenario.look(at: 1, heartbeat: false).state == .ok)
    #expect(scenario.look(at: 31, heartbeat: false).state == .ok)
    #expect(scenario.look(at: 31.5, heartbeat: false).state == .driverHung)
    scenario.driver = nil
    let report = scenario.look(at: 32)
    #expect(report.explanation?.hasSuffix("To find it: fuser -v /state/cold/lock") == true)
  }

  @Test("a replay's patience restarts with each event delivered")
  func replayProgress() {
    var scenario = LagScenario()
    scenario.replay = LagScenario.replay(at: 0)
    #expect(scenario.look(at: 0).state == .replaying)
    #expect(scenario.look(at: 30).state == .replaying)
    scenario.replay?.delivered = 1
    #expect(scenario.look(at: 40).state == .replaying)
    #expect(scenario.look(at: 70).state == .replaying)
    let report = scenario.look(at: 70.5)
    #expect(report.state == .replayStalled)
    #expect(report.stateSince == LagScenario.at(40))
  }

  @Test("a driver that died leaves its last time and its last error")
  func lostSince() {
    var scenario = LagScenario()
    scenario.driver?.lastError = "exit 1"
    scenario.driver?.errorCount = 3
    _ = scenario.look(at: 50)
    scenario.isLocked = false
    let report = scenario.look(at: 60)
    #expect(report.state == .driverLost)
    #expect(report.stateSince == LagScenario.at(50))
    #expect(report.lastError == "exit 1" && report.errorCount == 3)
    #expect(report.driver == nil)
  }

  @Test("a single look leaves nil what no file says")
  func singleLook() {
    var scenario = LagScenario()
    scenario.head = 200
    let untimed = scenario.look(at: 0)
    #expect(untimed.lagEvents == 100)
    #expect(untimed.lagSeconds == nil)
    #expect(untimed.ratePerSecond == nil)
    #expect(untimed.etaSeconds == nil)
    #expect(untimed.stateSince == nil)
    var nothing = LagScenario()
    nothing.head = 200
    nothing.checkpoint = nil
    let report = nothing.look(at: 0)
    #expect(report.checkpoint == nil)
    #expect(report.lagEvents == 201)
  }

  @Test("a journaled change of state dates the state that the first look finds")
  func journaledSince() {
    var scenario = LagScenario()
    scenario.match = .absent
    scenario.edit = {
      $0.lastStateChange = JournalEntry(.state, "diverged: x", at: LagScenario.at(-700))
    }
    #expect(scenario.look(at: 0).stateSince == LagScenario.at(-700))
    var inStep = LagScenario()
    inStep.edit = { $0.lastStateChange = JournalEntry(.state, "ok", at: LagScenario.at(-700)) }
    #expect(inStep.look(at: 0).stateSince == nil, "it may have lagged since")
  }

  @Test("a driver that ended by itself leaves its end time")
  func idleSince() {
    var scenario = LagScenario()
    _ = scenario.look(at: 0)
    scenario.isLocked = false
    scenario.driver?.endedAt = LagScenario.at(2)
    scenario.head = 200
    #expect(scenario.look(at: 3).stateSince == LagScenario.at(2))
  }

  @Test("a checkpoint that goes back restarts the window, so that no rate is negative")
  func wentBack() {
    var scenario = LagScenario()
    scenario.head = 500
    _ = scenario.run(until: 10) { $0.checkpoint! += 10 }
    scenario.checkpoint = 50
    let report = scenario.look(at: 10.5)
    #expect(report.ratePerSecond == nil)
    #expect(scenario.machine.samples.count == 1)
  }

  @Test("a rewind that was cancelled, and one that skips a gap, deliver nothing by their jumps")
  func jumps() {
    var scenario = LagScenario()
    scenario.head = 500
    scenario.replay = LagScenario.replay(at: 0)
    scenario.replay?.position = Position(eventId: 100)
    _ = scenario.run(until: 10) { $0.checkpoint! += 1 }
    scenario.replay = nil
    scenario.checkpoint = 400
    #expect(scenario.look(at: 10.5).ratePerSecond == nil)
    #expect(scenario.look(at: 12).ratePerSecond == 0)
    scenario.replay = LagScenario.replay(at: 12)
    #expect(scenario.look(at: 12.5).ratePerSecond == nil)
    scenario.checkpoint = 450
    #expect(scenario.look(at: 14).ratePerSecond == nil)
  }

  @Test("a driver that gave up on an error leaves a stalled secondary, even if nothing is stored")
  func gaveUp() {
    var scenario = LagScenario()
    scenario.checkpoint = nil
    scenario.writtenAt = nil
    scenario.isLocked = false
    scenario.driver?.endedAt = LagScenario.at(2)
    scenario.driver?.lastError = "The credentials expired."
    #expect(scenario.look(at: 3).state == .new)
    scenario.driver?.stopped = true
    scenario.driver?.errorSince = LagScenario.at(1)
    let report = scenario.look(at: 3)
    #expect(report.state == .stalled && report.severity == .error)
    #expect(report.stateSince == LagScenario.at(1))
    #expect(report.explanation?.hasPrefix("The credentials expired. Then ") == true)
    scenario.driver?.lastError = "Continue: hydra-sinks replay cold --clamp"
    let command = scenario.look(at: 3).explanation
    #expect(command?.hasPrefix("Continue: hydra-sinks replay cold --clamp; then ") == true)
    scenario.checkpoint = 50
    #expect(scenario.look(at: 4).state == .stalled)
    scenario.checkpoint = 100
    #expect(scenario.look(at: 4).state == .ok)
    // What it held is gone.
    scenario.driver?.errorCode = SinkError.emptiedCode
    #expect(scenario.look(at: 4).state == .stalled)
  }

  @Test("a minute of looks has at most 122 samples, at any frequency")
  func bounded() {
    var scenario = LagScenario()
    for step in 0..<2000 { _ = scenario.look(at: Double(step) * 0.1) }
    #expect(scenario.machine.samples.count <= 122)
    let samples = scenario.machine.samples
    #expect(samples.last!.instant - samples.first!.instant <= .seconds(60))
    #expect(samples.last!.instant - samples.first!.instant >= .seconds(59))
  }
}
