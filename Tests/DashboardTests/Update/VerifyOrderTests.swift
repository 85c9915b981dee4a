import EventPersistence
import SecondaryStatus
import Testing

@testable import Dashboard

@Suite("V")
struct VerifyOrderTests {
  @Test("asks first, then compares; while it does, V offers to stop it")
  func asks() {
    var model = Fixture.model()
    #expect(model.press(.character("V"), .enter) == [])
    #expect(model.dialog == nil)
    #expect(model.press(.character("V"), .character("y")) == [.verify(name: "archive")])
    _ = model.update(.verifying(name: "archive", share: nil, faults: 0))
    #expect(model.notice?.text == "archive is being compared with the log; V stops it")
    _ = model.press(.down, .up)
    _ = model.update(.tick(Fixture.time(-21)))
    _ = model.update(.verifying(name: "archive", share: 0.42, faults: 3))
    // The footer is not taken for it, and what is left is what it took so far.
    #expect(model.notice == nil)
    #expect(model.view().plainText.contains("42 %  3 faults so far      29 s left"))
    #expect(model.press(.character("V"), .character("y")) == [.stopVerifying(name: "archive")])
    #expect(model.type(":verify archive").isEmpty)
  }

  @Test("the result is shown, and its repair leads to the plan of a replay")
  func repair() {
    var model = Fixture.model()
    _ = model.update(
      .verified(
        name: "archive",
        VerifyAnswer(
          severity: .error, lines: ["it lacks something", "missing 10-19"], repairs: [9...20])))
    let request = ReplayRequest(from: .id(9), through: .id(20), reason: "what verify found")
    #expect(model.press(.character("y")) == [.plan(name: "archive", request)])
  }

  @Test("the result can be shown again, and the comparison repeated")
  func again() {
    var model = Fixture.model()
    let found = VerifyAnswer(severity: .error, lines: ["it lacks something"], repairs: [9...20])
    _ = model.update(.verified(name: "archive", found))
    #expect(model.press(.escape) == [] && model.dialog == nil)
    _ = model.update(.tick(Fixture.now.advanced(bySeconds: 3600)))
    _ = model.press(.character("V"))
    guard case .question(let question) = model.dialog else {
      Issue.record("nothing is shown")
      return
    }
    #expect(question.lines == ["it lacks something", "This result is 1 h 00 m old."])
    #expect(question.form.buttons == ["Close", "Plan the replay…", "Compare again"])
    #expect(model.press(.right, .right, .enter) == [.verify(name: "archive")])
    _ = model.update(
      .verified(name: "archive", VerifyAnswer(severity: .ok, lines: ["it is whole"])))
    #expect(model.press(.right, .enter) == [.verify(name: "archive")])
  }

  private static func found(
    at seconds: Double, missing: UInt64 = 2000, replayedAt: EventTime? = nil,
    repairs: [ClosedRange<UInt64>] = [9...13]
  ) -> Observed {
    var archive = Fixture.archive
    var record = VerifiedRecord(
      startedAt: Fixture.time(seconds), at: Fixture.time(seconds), by: "alice@n7",
      verdict: missing > 0 ? .differs : .whole, from: nil, through: 1_284_300)
    let ids = VerifiedRecord.Ids(10...12)
    if missing > 0 {
      record.take(
        [.init(.missing, ids, events: missing, startedAt: record.startedAt)],
        repairs: repairs.map { .init(VerifiedRecord.Ids($0), startedAt: record.startedAt) })
    }
    archive.report.verified = Verified(record, replayedAt: replayedAt)
    archive.report.severity = archive.report.verified!.severity
    return Fixture.observed([archive])
  }

  @Test("what verify found last is in the row and in the detail, until it is mended")
  func lasting() {
    var model = Fixture.model(observed: Self.found(at: 9000))
    #expect(model.view().plainText.contains("verified 12:34: 2 000 missing"))
    _ = model.press(.enter)
    #expect(model.view().plainText.contains("verified 12:34: 2 000 missing"))
    model = Fixture.model(observed: Self.found(at: 9000, replayedAt: Fixture.time(5)))
    #expect(model.view().plainText.contains("unconfirmed · verified 12:34: 2"))
    model = Fixture.model(observed: Self.found(at: 9000, missing: 0))
    #expect(!model.view().plainText.contains("verified"))
    _ = model.press(.enter)
    #expect(model.view().plainText.contains("verified 12:34: everything is held"))
  }

  @Test("R offers the repair of what verify found, and names it; other ends are no repair")
  func repairByReplay() {
    var model = Fixture.model(observed: Self.found(at: 9000))
    let request = ReplayRequest(from: .id(9), through: .id(13), reason: "what verify found")
    #expect(model.press(.character("R")) == [.plan(name: "archive", request)])
    var plan = Fixture.rewind
    (plan.secondary, plan.kind) = ("archive", .range)
    _ = model.update(.planned(name: "archive", request, plan))
    let repair = "The repair of what was verified 12:34: 2 000 missing."
    #expect(model.view().plainText.contains(repair))
    _ = model.press(.escape)
    #expect(model.type(":replay archive --from 3") == [])
    _ = model.press(.enter)
    _ = model.update(.planned(name: "archive", ReplayRequest(from: .id(3)), plan))
    #expect(!model.view().plainText.contains("The repair"))
    // What was delivered again since needs no repair.
    model = Fixture.model(observed: Self.found(at: 9000, replayedAt: Fixture.time(5)))
    #expect(model.press(.character("R")) == [.plan(name: "archive", ReplayRequest())])
    // A stalled secondary is delivered to first.
    var observed = Self.found(at: 9000)
    observed.secondaries[0].report.state = .stalled
    model = Fixture.model(observed: observed)
    #expect(model.press(.character("R")) == [.plan(name: "archive", ReplayRequest())])
  }

  @Test("of several repairs it plans the first, then the next, also of a verify elsewhere")
  func several() {
    let found = VerifyAnswer(
      severity: .error, lines: ["it lacks"], repairs: [9...20, 40...50, 70...80],
      at: Fixture.time(8990))
    var model = Fixture.model(observed: Self.found(at: 9000, repairs: [9...20, 40...50, 70...80]))
    _ = model.update(.verified(name: "archive", found))
    #expect(model.view().plainText.contains("3 replays repair it. The next one: 9 to 20."))
    func planned(_ ids: ClosedRange<UInt64>) -> [Command] {
      let request = ReplayRequest(
        from: .id(ids.lowerBound), through: .id(ids.upperBound), reason: "what verify found")
      return [.plan(name: "archive", request)]
    }
    #expect(model.press(.character("y")) == planned(9...20))
    _ = model.press(.escape)
    _ = model.update(.observed(Self.found(at: 9000, repairs: [40...50, 70...80])))
    #expect(model.press(.character("V"), .character("y")) == planned(40...50))
    var other = Fixture.model(observed: Self.found(at: 9000, repairs: [40...50, 70...80]))
    _ = other.press(.character("V"))
    #expect(other.view().plainText.contains("2 replays repair it. The next one: 40 to 50."))
    #expect(other.press(.right, .right, .enter) == planned(40...50))
  }

  @Test("after a replay of it, and after another verify, V offers a new comparison")
  func outdated() {
    for next in [Self.found(at: 60, replayedAt: Fixture.time(5)), Self.found(at: -20)] {
      var model = Fixture.model(observed: Self.found(at: 60))
      let found = VerifyAnswer(severity: .error, lines: ["it lacks"], repairs: [9...20])
      _ = model.update(.verified(name: "archive", found))
      _ = model.press(.escape, .character("V"))
      #expect(model.view().plainText.contains("Plan the replay"))
      _ = model.press(.escape)
      _ = model.update(.observed(next))
      #expect(model.press(.character("V"), .character("y")) == [.verify(name: "archive")])
    }
  }

  @Test("a read-only dashboard verifies but plans nothing; a watched secondary is not verified")
  func bounds() {
    var explorer = Fixture.archive
    explorer.report.kind = "checkpoint"
    var model = Fixture.model(observed: Fixture.observed([explorer]))
    #expect(model.press(.character("V")) == [] && model.dialog == nil)
    var reader = Fixture.model(isReadOnly: true)
    #expect(reader.press(.character("V"), .character("y")) == [.verify(name: "archive")])
    _ = reader.update(
      .verified(
        name: "archive", VerifyAnswer(severity: .error, lines: ["it lacks"], repairs: [9...20])))
    #expect(reader.press(.right, .enter) == [.verify(name: "archive")])
  }

  @Test("without a question, y closes the message")
  func told() {
    for (repair, isReadOnly) in [([UInt64(9)...20], true), ([], false)] {
      var model = Fixture.model(isReadOnly: isReadOnly)
      _ = model.update(
        .verified(
          name: "archive", VerifyAnswer(severity: .ok, lines: ["it is whole"], repairs: repair)))
      #expect(model.press(.character("y")) == [])
      #expect(model.dialog == nil)
    }
  }

  @Test("a user who answers a question or types is not interrupted")
  func noInterruption() {
    var model = Fixture.model()
    _ = model.press(.character("/"))
    _ = model.update(
      .verified(name: "archive", VerifyAnswer(severity: .ok, lines: ["it is whole"])))
    #expect(model.dialog == nil && model.prompt != nil)
    _ = model.press(.escape, .end, .character("R"))
    _ = model.update(
      .verified(name: "archive", VerifyAnswer(severity: .ok, lines: ["it is whole"])))
    if case .replay = model.dialog {} else { Issue.record("the plan is gone") }
    #expect(model.notice?.text == "it is whole; V shows it")
  }
}
