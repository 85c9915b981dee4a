internal import SecondaryStatus
internal import Wording
import EventPersistence

/// The plan of a replay, and what comes of it.
extension Model {
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
    var lines = [
      "\(replay.requestedBy) asked for this \(replay.kind.word), and nobody drives it.",
      "\(Quantity.count(replay.delivered, "event")) were delivered so far.",
    ]
    if replay.kind == .rewind, let before = replay.previousCheckpoint?.eventId {
      lines.append("Cancelled, the checkpoint is \(Quantity.count(before)) again.")
    }
    if secondary(name)?.report.paused != nil {
      lines.append("It is paused: resumed here, the replay goes on once P resumes \(name).")
    }
    return Question(
      title: "Replay of \(name)", lines: lines, back: "Leave it",
      answers: [
        ("Resume it here", [.resumeReplay(name: name)]),
        ("Cancel it", [.cancelReplay(name: name, stay: false)]),
      ])
  }

  mutating func press(_ key: Key, in replay: ReplayDialog) -> [Command] {
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

  /// A field of the replay was edited: another end needs another plan.
  mutating func edited(_ field: Int) -> [Command] {
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
      if case .replay(let replay) = dialog, replay.name == name { dialog = nil }
      let wasHere = replaysHere.removeValue(forKey: name) != nil
      if here {
        replaysHere[name] = id
        tell("replaying \(name)", .ok)
      } else if secondary(name)?.report.paused != nil || wasHere {
        tell("the replay of \(name) goes on once \(name) is resumed", .warning)
      } else {
        tell("the replay of \(name) is asked of its driver", .ok)
      }
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
    let events = Quantity.count(record.delivered, "event")
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
