import EventPersistence

extension Model {
  // MARK: - Opening

  mutating func isWatchedOnly(_ name: String) -> Bool {
    guard secondary(name)?.report.kind == "checkpoint" else { return false }
    tell("\(name) is only watched: whoever writes its checkpoint drives it", .warning)
    return true
  }

  mutating func openReplay(_ name: String, _ request: ReplayRequest) -> [Command] {
    guard !isWatchedOnly(name) else { return [] }
    if let replay = secondary(name)?.report.replay {
      if secondary(name)?.report.state == .replayOrphaned {
        dialog = .question(orphaned(name, replay))
      } else {
        tell("a replay of \(name) is under way, by \(replay.requestedBy); X cancels it", .warning)
      }
      return []
    }
    dialog = .replay(ReplayDialog(name: name, request: request))
    return [.plan(name: name, request)]
  }

  private func orphaned(_ name: String, _ replay: ReplayRecord) -> Question {
    Question(
      title: "Replay of \(name)",
      lines: [
        "\(replay.requestedBy) asked for this \(replay.kind.word), and nobody drives it.",
        "\(Quantity.count(replay.delivered)) events were delivered so far.",
      ],
      back: "Leave it",
      answers: [
        ("Resume it here", [.resumeReplay(name: name)]),
        ("Cancel it", [.cancelReplay(name: name, stay: false)]),
      ])
  }

  mutating func openCancel(_ name: String, stay: Bool) -> [Command] {
    guard let replay = secondary(name)?.report.replay else {
      tell("no replay of \(name) is under way", .info)
      return []
    }
    dialog = .cancel(CancelDialog(name: name, kind: replay.kind, stay: stay))
    return []
  }

  mutating func openPause(_ name: String) -> [Command] {
    guard !isWatchedOnly(name) else { return [] }
    guard let paused = secondary(name)?.report.paused else {
      dialog = .pause(PauseDialog(name: name))
      return []
    }
    let reason = paused.reason.map { ": \($0)" } ?? ""
    dialog = .question(
      Question(
        title: "Resume \(name)",
        lines: ["Paused by \(paused.by) since \(Quantity.since(paused.at, now: now))\(reason)"],
        back: "Back", answers: [("Resume", [.resume(name: name)])]))
    return []
  }

  mutating func openDrive(_ name: String) -> [Command] {
    guard !isWatchedOnly(name), let secondary = secondary(name) else { return [] }
    if let driver = secondary.report.driver {
      let whose = secondary.isDrivenHere ? "this process" : "process \(driver.pid)"
      tell("\(name) is driven already, by \(whose)", .info)
      return []
    }
    dialog = .question(
      Question(
        title: "Drive \(name)",
        lines: [
          "Nobody drives \(name). This process would deliver to it what it lacks,",
          "and go on for as long as this dashboard runs.",
        ],
        back: "Back", answers: [("Drive it from here", [.drive(name: name)])]))
    return []
  }

  // MARK: - Keys

  mutating func pressInDialog(_ key: Key) -> [Command] {
    switch dialog {
    case .replay(let replay): return press(key, in: replay)
    case .cancel(let cancel): return press(key, in: cancel)
    case .pause(let pause): return press(key, in: pause)
    case .question(let question): return press(key, in: question)
    case nil: return []
    }
  }

  /// What `key` does where only buttons are: the index of the one that it presses.
  private func pressed(_ key: Key, _ form: inout Form) -> Int? {
    switch key {
    case .escape, .character("n"): return 0
    // What changes most is never `y` alone: the first answer is.
    case .character("y"): return 1
    default:
      if case .pressed(let button) = form.take(key) { return button }
      return nil
    }
  }

  private mutating func press(_ key: Key, in question: Question) -> [Command] {
    var question = question
    guard let button = pressed(key, &question.form) else {
      dialog = .question(question)
      return []
    }
    dialog = nil
    guard button > 0 else { return [] }
    if let plan = question.plan { return openReplay(plan.name, plan.request) }
    return question.commands[button - 1]
  }

  private mutating func press(_ key: Key, in cancel: CancelDialog) -> [Command] {
    var cancel = cancel
    guard let button = pressed(key, &cancel.form) else {
      dialog = .cancel(cancel)
      return []
    }
    dialog = nil
    guard button != CancelDialog.keep else { return [] }
    return [.cancelReplay(name: cancel.name, stay: button == CancelDialog.stay)]
  }

  private mutating func press(_ key: Key, in pause: PauseDialog) -> [Command] {
    var pause = pause
    if key == .escape || pause.form.isOnButtons && key == .character("n") {
      dialog = nil
      return []
    }
    let isConfirmed = pause.form.isOnButtons && key == .character("y")
    let outcome = isConfirmed ? .pressed(1) : pause.form.take(key)
    switch outcome {
    case .pressed(0):
      dialog = nil
      return []
    case .pressed:
      guard case .some(let seconds) = pause.seconds else {
        pause.form.fields[PauseDialog.forField].error = "30m, 2h, 1d; or nothing: no reminder"
        pause.form.focus = PauseDialog.forField
        dialog = .pause(pause)
        return []
      }
      dialog = nil
      return [.pause(name: pause.name, reason: pause.reason, seconds: seconds)]
    case .entered(let field): pause.form.focus = field + 1
    case .edited(let field): pause.form.fields[field].error = nil
    case .unchanged, .moved, .notTaken: break
    }
    dialog = .pause(pause)
    return []
  }

  private mutating func press(_ key: Key, in replay: ReplayDialog) -> [Command] {
    var replay = replay
    if key == .escape || replay.form.isOnButtons && key == .character("n") {
      dialog = nil
      return []
    }
    if replay.theirs != nil {
      if key == .enter { dialog = nil }
      return []
    }
    if replay.phase == .starting { return [] }
    if replay.form.isOnButtons, key == .character("y") {
      // A rewind and a range start on the typed name alone.
      if replay.isTypedNameNeeded {
        replay.form.focus = ReplayDialog.nameField
        dialog = .replay(replay)
        return []
      }
      return start(replay)
    }
    switch replay.form.take(key) {
    case .pressed(ReplayDialog.back):
      dialog = nil
      return []
    case .pressed: return start(replay)
    case .entered(ReplayDialog.nameField):
      if replay.form.fields[ReplayDialog.nameField].editor.text.isEmpty {
        dialog = nil
        return []
      }
      return start(replay)
    case .entered(let field):
      replay.form.focus = replay.isTypedNameNeeded ? ReplayDialog.nameField : field + 1
    case .edited(let field):
      dialog = .replay(replay)
      return edited(field)
    case .unchanged, .moved, .notTaken: break
    }
    dialog = .replay(replay)
    return []
  }

  mutating func pasteInDialog(_ text: String) -> [Command] {
    switch dialog {
    case .replay(var replay) where !replay.form.isOnButtons && replay.theirs == nil:
      // The name is typed by hand: that is what it is for.
      guard replay.form.focus != ReplayDialog.nameField else { return [] }
      replay.form.fields[replay.form.focus].editor.insert(text)
      dialog = .replay(replay)
      return edited(replay.form.focus)
    case .pause(var pause) where !pause.form.isOnButtons:
      pause.form.fields[pause.form.focus].editor.insert(text)
      dialog = .pause(pause)
    default: break
    }
    return []
  }

  /// A field of the replay was edited: another end needs another plan.
  private mutating func edited(_ field: Int) -> [Command] {
    guard case .replay(var replay) = dialog else { return [] }
    defer { dialog = .replay(replay) }
    replay.isReplanned = false
    switch field {
    case ReplayDialog.nameField:
      replay.form.fields[field].error = nil
      return []
    case ReplayDialog.reasonField:
      let text = replay.form.fields[field].editor.text.trimmed
      replay.request.reason = text.isEmpty ? nil : text
      return []
    default:
      guard replay.readFields(now: now) else { return [] }
      replay.phase = .planning
      replay.error = nil
      return [.plan(name: replay.name, replay.request)]
    }
  }

  private mutating func start(_ replay: ReplayDialog) -> [Command] {
    var replay = replay
    defer { if dialog != nil { dialog = .replay(replay) } }
    guard replay.isExecutable, let plan = replay.plan else { return [] }
    if replay.isTypedNameNeeded, !replay.isNameTyped {
      replay.form.focus = ReplayDialog.nameField
      replay.form.fields[ReplayDialog.nameField].error = "that is not \(replay.name)"
      return []
    }
    replay.phase = .starting
    return [.execute(name: replay.name, plan, replay.request)]
  }

  // MARK: - Answers

  mutating func replayAnswered(_ message: Message) {
    switch message {
    case .planned(let name, let request, let plan):
      changeReplayDialog(of: name) { if $0.asks(request) { $0.take(plan) } }
    case .planFailed(let name, let request, let why):
      changeReplayDialog(of: name) {
        guard $0.asks(request) else { return }
        $0.phase = .planned
        $0.plan = nil
        $0.error = why
      }
    case .replanned(let name, let plan):
      let isShown = changeReplayDialog(of: name) {
        $0.take(plan)
        $0.isReplanned = true
        $0.form.button = ReplayDialog.back
      }
      if !isShown { tell("the replay of \(name) was not started: its plan changed", .warning) }
    case .replayStarted(let name, let id, let here):
      if here { replaysHere[name] = id }
      if case .replay(let replay) = dialog, replay.name == name { dialog = nil }
      tell(here ? "replaying \(name)" : "the replay of \(name) is asked of its driver", .ok)
    case .replayRefused(let name, let why):
      let isShown = changeReplayDialog(of: name) {
        $0.phase = .planned
        $0.error = why
      }
      if !isShown { tell(why, .error) }
    case .replayEnded(let name, let record):
      replaysHere[name] = nil
      tellEnd(name, record)
    default: break
    }
  }

  @discardableResult
  private mutating func changeReplayDialog(
    of name: String, _ change: (inout ReplayDialog) -> Void
  ) -> Bool {
    guard case .replay(var replay) = dialog, replay.name == name else { return false }
    change(&replay)
    dialog = .replay(replay)
    return true
  }

  private mutating func tellEnd(_ name: String, _ record: ReplayRecord) {
    let events = "\(Quantity.count(record.delivered)) events"
    switch record.state {
    case .done: tell("the replay of \(name) is done: \(events) delivered", .ok)
    case .cancelled:
      let by = record.cancelledBy.map { " by \($0)" } ?? ""
      tell("the replay of \(name) was cancelled\(by) after \(events)", .warning)
    case .failed, .requested, .running:
      let why = record.error.map { ": \($0)" } ?? ""
      tell("the replay of \(name) ended after \(events)\(why)", .error)
    }
  }

  /// Somebody else's replay of the same secondary takes the place of a plan that is being looked at; once
  /// it has ended, that plan is made anew.
  mutating func noticeTheirReplay(_ observed: Observed) -> [Command] {
    guard case .replay(var replay) = dialog, replay.phase != .starting else { return [] }
    let before = replay.theirs
    replay.theirs = observed.secondaries.first { $0.name == replay.name }?.report.replay
    let isOver = before != nil && replay.theirs == nil
    if isOver { replay.phase = .planning }
    dialog = .replay(replay)
    return isOver ? [.plan(name: replay.name, replay.request)] : []
  }
}

extension ReplayDialog {
  /// Whether a plan for `request` is one for what the fields say: the reason has no part in it.
  func asks(_ request: ReplayRequest) -> Bool {
    var request = request
    request.reason = self.request.reason
    return request == self.request
  }
}

extension ReplayRecord.Kind {
  /// As a person reads it.
  var word: String {
    switch self {
    case .redrive: "re-drive"
    case .rewind: "rewind"
    case .range: "range"
    }
  }
}
