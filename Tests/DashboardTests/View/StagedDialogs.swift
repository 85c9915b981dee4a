import EventPersistence
import SecondaryStatus

@testable import Dashboard

/// The dialogs in front of the overview.
extension Stage {
  // MARK: - The plan of a replay

  /// The plan after it changed while it was shown.
  static var otherPlan: ReplayPlan {
    var plan = Fixture.plan
    plan.events = 183_153
    return plan
  }

  mutating func setPlan(_ scene: Scene) {
    press(.end, .character("R"))
    guard scene != .planning else { return }
    if scene == .planFailed {
      _ = model.update(
        .planFailed(name: "audit", ReplayRequest(), "audit: the log cannot be read: no such file"))
      return
    }
    _ = model.update(.planned(name: "audit", ReplayRequest(), Fixture.plan))
    switch scene {
    case .rewind:
      press(.tab)
      model.type("1000000")
      press(.backTab)
      let request = ReplayRequest(from: .id(1_000_000))
      _ = model.update(.planned(name: "audit", request, Fixture.rewind))
      model.type("aud")
    case .range:
      press(.tab)
      model.type("1000000")
      press(.tab)
      model.type("1000999")
      press(.backTab, .backTab)
      var plan = Fixture.rewind
      plan.kind = .range
      plan.through = Position(eventId: 1_000_999)
      (plan.events, plan.alreadyStored, plan.bytes) = (1000, 1000, 4_400_000)
      (plan.standingError, plan.estimatedSeconds) = (nil, 9)
      let request = ReplayRequest(from: .id(1_000_000), through: .id(1_000_999))
      _ = model.update(.planned(name: "audit", request, plan))
    case .newLog:
      observe(Fixture.renewed)
      _ = model.update(.planned(name: "audit", ReplayRequest(), Fixture.newLog))
    case .refused:
      var plan = Fixture.plan
      plan.refused = "the first event that still exists is 1 200 000. To begin there, add --clamp"
      _ = model.update(.planned(name: "audit", ReplayRequest(), plan))
    case .replanned:
      press(.character("y"))
      _ = model.update(.replanned(name: "audit", Self.otherPlan))
    case .starting: press(.character("y"))
    case .theirs: observe(replaying(Fixture.audit, .redrive))
    default: break
    }
  }

  // MARK: - The other questions

  mutating func setQuestion(_ scene: Scene) {
    switch scene {
    case .cancelRedrive:
      observe(replaying(Fixture.audit, .redrive))
      press(.end, .character("X"))
    case .cancelRewind:
      observe(replaying(Fixture.audit, .rewind))
      press(.end, .character("X"))
    case .pause:
      press(.end, .character("P"))
      model.type("the database moves")
      press(.tab)
      model.type("soon")
      press(.enter, .tab, .right, .enter)
    case .resume:
      var audit = Fixture.audit
      audit.report.paused = PauseOrder(
        by: "bob@n7", at: Fixture.time(3600), reason: "the disk is being changed", until: nil)
      audit.report.state = .paused
      observe(audit)
      press(.end, .character("P"))
    case .orphaned:
      var audit = replaying(Fixture.audit, .redrive)
      audit.report.state = .replayOrphaned
      audit.report.severity = .error
      observe(audit)
      press(.end, .character("R"))
    case .drive:
      var audit = Fixture.audit
      audit.report.driver = nil
      observe(audit)
      press(.end, .character("D"))
    case .verify: press(.end, .character("V"))
    case .verifying:
      _ = model.update(.verifying(name: "audit", share: 0.42, faults: 3))
      press(.end, .character("V"))
    case .verified:
      _ = model.update(
        .verified(
          name: "audit",
          VerifyAnswer(
            severity: .error,
            lines: [
              "audit does not hold what it should: 1 101 221 expected, 1 101 212 held, 1 101 211 the same",
              "missing  10: 1000010-1000019", "differing  1: 4711",
              "  4711  SnapshotConfirmed in 00000000000000004000.0.jsonl: snapshot.number",
              "damaged  1",
              "  00000000000001000000.0.jsonl  is truncated: its last line is incomplete (9 bytes)",
              "  set aside  2 objects, which were not compared",
            ], repairs: [4710...1_000_020])))
    case .quit:
      press(.end, .character("R"))
      _ = model.update(.planned(name: "audit", ReplayRequest(), Fixture.plan))
      press(.character("y"))
      _ = model.update(.replayStarted(name: "audit", id: "r1", here: true))
      press(.character("q"))
    default: break
    }
  }
}
