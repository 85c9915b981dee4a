import EventPersistence
import SecondaryStatus
import Testing

@testable import Dashboard

@Suite struct OrdersTests {
  /// The dialog of a replay of audit, with its plan.
  func planned() -> Model {
    var model = Fixture.model()
    #expect(
      model.press(.end, .character("R")) == [.plan(name: "audit", ReplayRequest())])
    _ = model.update(.planned(name: "audit", ReplayRequest(), Fixture.plan))
    return model
  }

  /// The same with a rewind, whose name is to be typed.
  func rewinding() -> Model {
    var model = planned()
    _ = model.press(.tab)
    let commands = model.type("1000000")
    #expect(commands.last == .plan(name: "audit", ReplayRequest(from: .id(1_000_000))))
    _ = model.press(.backTab)
    _ = model.update(
      .planned(name: "audit", ReplayRequest(from: .id(1_000_000)), Fixture.rewind))
    return model
  }

  func dialog(_ model: Model) -> ReplayDialog? {
    if case .replay(let replay) = model.dialog { replay } else { nil }
  }

  @Test("a re-drive starts on y, or on the marked button; the default is to cancel")
  func redrive() {
    let execute = Command.execute(name: "audit", Fixture.plan, ReplayRequest())
    var model = planned()
    #expect(model.press(.character("y")) == [execute])
    // A second y is not a second order.
    #expect(model.press(.character("y"), .enter) == [])
    model = planned()
    #expect(model.press(.right, .enter) == [execute])
    for key: Key in [.enter, .escape, .character("n")] {
      model = planned()
      #expect(model.press(key) == [])
      #expect(model.dialog == nil)
    }
  }

  @Test("nothing starts before its plan has arrived")
  func unplanned() {
    var model = Fixture.model()
    _ = model.press(.end, .character("R"))
    #expect(model.press(.character("y"), .right, .enter) == [])
    #expect(dialog(model) != nil)
  }

  @Test("only typing the secondary's name starts a rewind")
  func rewind() {
    var model = rewinding()
    #expect(dialog(model)?.form.focus == ReplayDialog.nameField)
    #expect(model.type("y") == [])
    #expect(model.press(.enter) == [])
    #expect(dialog(model)?.form.fields[ReplayDialog.nameField].error == "that is not audit")
    _ = model.press(.backspace)
    // Typed, not pasted.
    _ = model.update(.pasted("audit"))
    #expect(dialog(model)?.isNameTyped == false)
    #expect(model.type("audit") == [])
    #expect(
      model.press(.enter)
        == [.execute(name: "audit", Fixture.rewind, ReplayRequest(from: .id(1_000_000)))])
  }

  @Test("neither y nor the button starts a rewind without the name, and Enter alone cancels")
  func rewindDefaults() {
    var model = rewinding()
    #expect(model.press(.tab, .character("y")) == [])
    #expect(model.press(.tab, .right, .enter) == [])
    #expect(dialog(model) != nil)
    model = rewinding()
    #expect(model.press(.enter) == [])
    #expect(model.dialog == nil)
  }

  @Test("an answer for an end that was edited since is ignored")
  func mootPlan() {
    var model = planned()
    _ = model.press(.tab)
    model.type("10")
    _ = model.update(.planned(name: "audit", ReplayRequest(from: .id(1)), Fixture.rewind))
    #expect(dialog(model)?.phase == .planning)
    #expect(dialog(model)?.plan == Fixture.plan)
    #expect(model.press(.tab, .tab, .tab, .right, .enter) == [])
  }

  @Test("an unreadable end requests no plan and starts nothing")
  func unreadableEnd() {
    var model = planned()
    _ = model.press(.tab)
    #expect(model.type("x") == [])
    #expect(dialog(model)?.form.fields[0].error?.contains("checkpoint") == true)
    #expect(model.press(.backTab, .character("y")) == [])
    _ = model.press(.tab, .backspace, .tab)
    #expect(model.type("5") == [])
    #expect(dialog(model)?.form.fields[0].error?.contains("a range needs") == true)
  }

  @Test("a refusal is shown and cannot be started")
  func refused() {
    var model = planned()
    var plan = Fixture.plan
    plan.refused = "the first event that is left is 900"
    _ = model.update(.planned(name: "audit", ReplayRequest(), plan))
    #expect(model.view().plainText.contains("Refused: the first event that is left is 900"))
    #expect(model.press(.character("y"), .right, .enter) == [])
    _ = model.update(.planFailed(name: "audit", ReplayRequest(), "audit: no log"))
    #expect(model.view().plainText.contains("audit: no log"))
  }

  @Test("a plan that changed is shown again, marked, and asks again")
  func replanned() {
    var model = planned()
    _ = model.press(.right, .enter)
    var plan = Fixture.plan
    plan.id = "other"
    plan.events = 7
    _ = model.update(.replanned(name: "audit", plan))
    #expect(model.view().plainText.contains("The plan has changed"))
    #expect(model.press(.enter) == [])
    #expect(model.dialog == nil)
    _ = model.update(.replanned(name: "audit", plan))
    #expect(model.notice?.text.contains("was not started") == true)
  }

  @Test("another user's replay replaces the dialog, and the plan is made again when it ends")
  func theirs() {
    var model = planned()
    var audit = Fixture.audit
    audit.report.replay = Fixture.replay()
    _ = model.update(.observed(Fixture.observed([Fixture.archive, audit])))
    #expect(model.view().plainText.contains("alice@n7 has started a re-drive of audit"))
    #expect(model.press(.character("y"), .tab, .right) == [])
    #expect(
      model.update(.observed(Fixture.observed())) == [.plan(name: "audit", ReplayRequest())])
    _ = model.update(.observed(Fixture.observed([audit])))
    #expect(model.press(.enter) == [])
    #expect(model.dialog == nil)
  }

  @Test("a running replay is not planned again; an orphaned one can be resumed")
  func underWay() {
    var model = Fixture.model()
    var audit = Fixture.audit
    audit.report.replay = Fixture.replay()
    audit.report.state = .replaying
    _ = model.update(.observed(Fixture.observed([audit])))
    #expect(model.press(.character("R")) == [])
    #expect(model.notice?.text.contains("under way, by alice@n7") == true)
    audit.report.state = .replayOrphaned
    _ = model.update(.observed(Fixture.observed([audit])))
    #expect(model.press(.character("R"), .character("y")) == [.resumeReplay(name: "audit")])
  }

  @Test(
    "the replay of a paused secondary continues later, and quitting does not ask about it"
  )
  func pausedReplay() {
    var model = planned()
    _ = model.press(.character("y"))
    _ = model.update(.replayStarted(name: "audit", id: "r1", here: true))
    _ = model.update(.replayStarted(name: "audit", id: "r1", here: false))
    #expect(model.notice?.text == "the replay of audit continues once audit is resumed")
    #expect(model.press(.character("q")) == [.quit(.none)])
    _ = model.update(.replayStarted(name: "audit", id: "r1", here: true))
    #expect(model.press(.character("q")) == [])
  }

  @Test("a replay without a driver shows no rate and no time left")
  func orphanedProgress() {
    var audit = Fixture.audit
    audit.report.replay = Fixture.replay()
    audit.driver?.ratePerSecond = 812
    audit.report.state = .replaying
    func line(_ state: SecondaryState) -> String {
      audit.report.state = state
      let text = Fixture.model(observed: Fixture.observed([audit])).view().plainText
      return text.split(separator: "\n").first { $0.contains("of 183 111") }.map(String.init) ?? ""
    }
    #expect(line(.replaying).contains("812/s") && line(.replaying).contains(" left"))
    #expect(line(.replayOrphaned).contains("it has no driver"))
    #expect(!line(.replayOrphaned).contains("/s") && !line(.replayOrphaned).contains("left"))
  }

  @Test("the dialog says when another user's replay has lost its driver")
  func theirsOrphaned() {
    var model = planned()
    var audit = Fixture.audit
    audit.report.replay = Fixture.replay()
    audit.report.state = .replayOrphaned
    _ = model.update(.observed(Fixture.observed([Fixture.archive, audit])))
    #expect(model.view().plainText.contains("It has lost its driver"))
    _ = model.press(.escape)
    #expect(model.view().plainText.contains("R resume…"))
  }

  @Test("cancelling restores the checkpoint, or leaves it if chosen, and by default does nothing")
  func cancel() {
    var model = Fixture.model()
    #expect(model.press(.character("X")) == [])
    #expect(model.notice?.text == "no replay of archive is under way")
    var audit = Fixture.audit
    audit.report.replay = Fixture.replay(.rewind)
    _ = model.update(.observed(Fixture.observed([audit])))
    #expect(model.press(.character("X"), .enter) == [])
    #expect(
      model.press(.character("X"), .character("y")) == [.cancelReplay(name: "audit", stay: false)])
    #expect(
      model.press(.character("X"), .right, .right, .enter)
        == [.cancelReplay(name: "audit", stay: true)])
    _ = model.press(.character(":"))
    model.type("cancel audit --stay")
    #expect(model.press(.enter, .enter) == [.cancelReplay(name: "audit", stay: true)])
  }

  @Test("a pause asks why and for how long, and a paused secondary is resumed")
  func pause() {
    var model = Fixture.model()
    _ = model.press(.character("P"))
    model.type("disk")
    _ = model.press(.enter)
    model.type("soon")
    #expect(model.press(.enter, .tab, .right, .enter) == [])
    _ = model.press(.control("u"))
    model.type("2h")
    _ = model.press(.enter)
    model.type("1h")
    #expect(
      model.press(.enter, .character("y"))
        == [.pause(name: "archive", reason: "disk", seconds: 7200, remind: 3600)])
    var archive = Fixture.archive
    archive.report.paused = PauseOrder(
      by: "bob@n7", at: Fixture.time(60), reason: "disk", until: nil)
    _ = model.update(.observed(Fixture.observed([archive])))
    #expect(model.press(.character("P"), .enter) == [])
    #expect(model.press(.character("P"), .character("y")) == [.resume(name: "archive")])
  }

  @Test("T tries now; D drives only a secondary without a driver, after a question")
  func retryAndDrive() {
    var model = Fixture.model()
    #expect(model.press(.end, .character("T")) == [.retry(name: "audit")])
    #expect(model.press(.character("D")) == [])
    #expect(model.dialog == nil)
    var audit = Fixture.audit
    audit.report.driver = nil
    _ = model.update(.observed(Fixture.observed([audit])))
    #expect(model.press(.character("D"), .enter) == [])
    #expect(model.press(.character("D"), .character("y")) == [.drive(name: "audit")])
  }

  @Test("a watched secondary takes no orders")
  func watchedOnly() {
    var explorer = Fixture.archive
    explorer.report.kind = "checkpoint"
    var model = Fixture.model(observed: Fixture.observed([explorer]))
    for key in "RPTD" { #expect(model.press(.character(key)) == []) }
    #expect(model.dialog == nil)
    #expect(model.notice?.text.contains("only watched") == true)
  }

  @Test("a read-only dashboard neither does nor offers anything that changes something")
  func readOnly() {
    var model = Fixture.model(isReadOnly: true)
    for row in OrderTable.keyed where row.changesSomething {
      #expect(model.press(row.keys[0]) == [])
      #expect(model.dialog == nil)
      #expect(model.notice?.text.hasPrefix("read-only") == true)
      _ = model.press(.character(":"))
      model.type(
        row.command.replacing("NAME", with: "cold").replacing("ID", with: "1")
          .replacing("TEXT", with: "x"))
      #expect(model.press(.enter) == [])
      #expect(model.dialog == nil)
    }
    _ = model.press(.down)
    #expect(model.view().plainText.contains("  read-only"))
    #expect(!model.view().plainText.contains("R replay"))
  }

  @Test("quitting asks what should happen to a replay that runs here")
  func quit() {
    var model = planned()
    _ = model.press(.character("y"))
    _ = model.update(.replayStarted(name: "audit", id: "r1", here: true))
    #expect(model.dialog == nil)
    #expect(model.press(.character("q")) == [])
    #expect(model.press(.enter) == [])
    #expect(model.press(.character("q"), .right, .enter) == [.quit(.leave)])
    #expect(
      model.press(.character("q"), .right, .right, .enter) == [.quit(.cancel(names: ["audit"]))])
    #expect(model.press(.control("c")) == [.quit(.leave)])
    var record = Fixture.replay()
    record.state = .done
    _ = model.update(.replayEnded(name: "audit", record))
    #expect(model.notice?.text == "the replay of audit is done: 112 780 events delivered")
    #expect(model.press(.character("q")) == [.quit(.none)])
  }

  @Test("the question at quitting follows its replays, and ends with the last")
  func quitFollows() {
    var model = planned()
    _ = model.press(.character("y"))
    _ = model.update(.replayStarted(name: "audit", id: "r1", here: true))
    _ = model.update(.replayStarted(name: "cold", id: "r2", here: true))
    #expect(model.press(.character("q")) == [])
    #expect(model.view().plainText.contains("The replays of audit, cold run in this process."))
    var record = Fixture.replay()
    record.state = .done
    #expect(model.update(.replayEnded(name: "audit", record)) == [])
    #expect(model.view().plainText.contains("The replay of cold runs in this process."))
    #expect(model.update(.replayEnded(name: "cold", record)) == [.quit(.none)])
    #expect(model.dialog == nil)
  }

  @Test("a demo is quit without a question: nothing of it is left")
  func quitDemo() {
    var settings = Settings(persistenceDir: "/var/lib/hydra")
    settings.isDemo = true
    var model = Model(settings: settings, width: 132, height: 40)
    _ = model.update(.replayStarted(name: "audit", id: "r1", here: true))
    #expect(model.press(.character("q")) == [.quit(.none)])
  }

  @Test("a replay that a driver of this process executes runs here too")
  func quitDriver() {
    var model = Fixture.model()
    var audit = Fixture.audit
    audit.report.replay = Fixture.replay()
    _ = model.update(.observed(Fixture.observed([audit])))
    #expect(model.press(.character("q")) == [.quit(.none)])
    var observed = Fixture.observed([audit])
    observed.drivenHere = ["audit"]
    _ = model.update(.observed(observed))
    #expect(model.press(.character("q")) == [])
    #expect(
      model.press(.right, .right, .enter) == [.quit(.cancel(names: ["audit"]))])
  }
}
