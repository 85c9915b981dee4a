internal import SecondaryStatus
internal import Wording
import EventPersistence

extension Model {
  // MARK: - Opening

  mutating func isWatchedOnly(_ name: String) -> Bool {
    guard secondary(name)?.report.kind == .checkpoint else { return false }
    tell("\(name) is only watched: whoever writes its checkpoint drives it", .warning)
    return true
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
    var lines = ["Paused by \(paused.by) since \(Quantity.since(paused.at, now: now))\(reason)"]
    if let until = paused.until {
      let isOver = now.map { $0 >= until } ?? false
      let when = Quantity.since(until, now: now)
      lines.append(isOver ? "It was to be until \(when)." : "It is to be until \(when).")
    }
    dialog = .question(
      Question(
        title: "Resume \(name)", lines: lines,
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
  ///
  /// - Parameter yes: the one that `y` presses.
  private func pressed(_ key: Key, _ form: inout Form, yes: Int = 1) -> Int? {
    switch key {
    case .escape, .character("n"): return 0
    // What changes most is never `y` alone: the first answer is.
    // Where only something is told, it closes as all else does.
    case .character("y"): return yes
    default:
      if case .pressed(let button) = form.take(key) { return button }
      return nil
    }
  }

  private mutating func press(_ key: Key, in question: Question) -> [Command] {
    var question = question
    guard let button = pressed(key, &question.form, yes: question.yes) else {
      dialog = .question(question)
      return []
    }
    dialog = nil
    guard button > 0 else { return [] }
    if button == 1, let plan = question.plan { return openReplay(plan.name, plan.request) }
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
}
