import EventPersistence
internal import SecondaryStatus
internal import Wording

/// Orders to a secondary: to a named one, or to the selected one.
extension Model {
  /// The secondary that an order without a name means.
  var selectedName: String? { page.secondary?.name ?? table.selectedName }

  mutating func order(
    of name: String?, _ body: (inout Model, String) -> [Command]
  ) -> [Command] {
    guard let name = name ?? selectedName else {
      tell("no secondary is selected", .warning)
      return []
    }
    return body(&self, name)
  }

  /// Says so if hydra-sinks does not drive the secondary.
  mutating func isWatchedOnly(_ name: String) -> Bool {
    guard secondary(name)?.report.kind == "checkpoint" else { return false }
    tell("\(name) is only watched: the program that writes its checkpoint drives it", .warning)
    return true
  }

  mutating func openReplay(_ name: String, _ request: ReplayRequest) -> [Command] {
    guard !isWatchedOnly(name) else { return [] }
    let report = secondary(name)?.report
    guard let report, let replay = report.replay else {
      let repair = report?.repair
      var request = request
      // What is wrong with its state comes first: a repair would not get through.
      if request == ReplayRequest(), report?.state.isTrouble == false, let repair {
        request = repair
      }
      var replay = ReplayDialog(name: name, request: request)
      replay.repair = repair
      dialog = .replay(replay)
      return [.plan(name: name, request)]
    }
    if report.state == .replayOrphaned {
      dialog = .question(.orphaned(name, replay, isPaused: report.paused != nil))
    } else {
      tell("a replay of \(name) is under way, by \(replay.requestedBy); X cancels it", .warning)
    }
    return []
  }

  mutating func openCancel(_ name: String, stay: Bool) -> [Command] {
    guard let replay = secondary(name)?.report.replay else {
      tell("no replay of \(name) is under way", .info)
      return []
    }
    dialog = .cancel(CancelDialog(name: name, replay, stay: stay))
    return []
  }

  mutating func openPause(_ name: String) -> [Command] {
    guard !isWatchedOnly(name) else { return [] }
    if let paused = secondary(name)?.report.paused {
      dialog = .question(.resume(name, paused, now: now))
    } else {
      dialog = .pause(PauseDialog(name: name))
    }
    return []
  }

  mutating func openDrive(_ name: String) -> [Command] {
    guard !isWatchedOnly(name), let secondary = secondary(name) else { return [] }
    if let driver = secondary.report.driver {
      let whose = isDrivenHere(name) ? "this process" : "process \(driver.pid)"
      tell("\(name) is driven already, by \(whose)", .info)
      return []
    }
    dialog = .question(.drive(name))
    return []
  }
}

extension SecondaryReport {
  /// The replay that mends what `verify` found last; nil if nothing is to be mended, or no replay
  /// can.
  fileprivate var repair: ReplayRequest? {
    guard let verified, verified.record.isFaulty, verified.replayedAt == nil else { return nil }
    return verified.record.repairs.first.map { .repairing($0.from...$0.through) }
  }
}

extension ReplayRequest {
  static func repairing(_ ids: ClosedRange<UInt64>) -> ReplayRequest {
    ReplayRequest(
      from: .id(ids.lowerBound), through: .id(ids.upperBound), reason: "what verify found")
  }
}

extension Question {
  fileprivate static func orphaned(
    _ name: String, _ replay: ReplayRecord, isPaused: Bool
  ) -> Question {
    var lines = [
      "\(replay.requestedBy) asked for this \(replay.kind.word), and it has no driver.",
      "Delivered so far: \(Quantity.count(replay.delivered, "event")).",
    ]
    if replay.isReversible, let before = replay.previousCheckpoint?.eventId {
      lines.append("If you cancel it, the checkpoint goes back to \(Quantity.count(before)).")
    }
    if isPaused {
      lines.append("\(name) is paused: the replay continues once P resumes it.")
    }
    return Question(
      title: "Replay of \(name)", lines: lines, back: "Leave it",
      answers: [
        ("Resume it here", .commands([.resumeReplay(name: name)])),
        ("Cancel it", .commands([.cancelReplay(name: name, stay: false)])),
      ])
  }

  fileprivate static func resume(
    _ name: String, _ paused: PauseOrder, now: EventTime?
  ) -> Question {
    let reason = paused.reason.map { ": \($0)" } ?? ""
    var lines = ["Paused by \(paused.by) since \(Quantity.since(paused.at, now: now))\(reason)"]
    if let until = paused.until {
      let isOver = now.map { $0 >= until } ?? false
      let when = Quantity.end(until, now: now)
      lines.append("The reminder \(isOver ? "was" : "is") due at \(when).")
    }
    if let end = paused.resumeAt {
      lines.append("Its driver resumes it at \(Quantity.end(end, now: now)).")
    }
    return Question(
      title: "Resume \(name)", lines: lines, back: "Back",
      answers: [("Resume", .commands([.resume(name: name)]))])
  }

  fileprivate static func drive(_ name: String) -> Question {
    Question(
      title: "Drive \(name)",
      lines: [
        "\(name) has no driver. If you drive it from here, this dashboard delivers the missing "
          + "events, and new ones for as long as it runs."
      ],
      back: "Back", answers: [("Drive it from here", .commands([.drive(name: name)]))])
  }
}
