import EventPersistence
internal import SecondaryStatus
internal import Wording

extension Drawing {
  /// The plan: the current error first, then what, from where through where, how much, how long,
  /// and what the sink already has; then the fields for both ends, and the question.
  func box(_ replay: ReplayDialog) -> DialogBox {
    if let theirs = replay.theirs { return box(theirs, insteadOf: replay) }
    var lines = planLines(replay)
    lines.append(.blank)
    lines.append(.field(ReplayDialog.fromField, weight: 6))
    lines.append(.field(ReplayDialog.throughField, weight: 5))
    lines.append(.field(ReplayDialog.reasonField, weight: 3))
    if replay.isTypedNameNeeded {
      lines.append(.blank)
      lines.append(.field(ReplayDialog.nameField, weight: 9))
    }
    lines.append(.blank)
    lines += questionLines(replay)
    return DialogBox(title: "Replay \(replay.name)", lines: lines, form: replay.form)
  }

  private func planLines(_ replay: ReplayDialog) -> [DialogLine] {
    var lines: [DialogLine] = []
    let status =
      replay.plan?.standingError ?? model.secondary(replay.name)?.report.lastError
    if let status {
      let error = wrapped(
        "Standing error: \(status)", theme.severity(.error), weight: 5,
        lines: grid.height < 16 ? 1 : 3)
      lines += error
      lines[0].weight = 7
      lines.append(.blank)
    }
    if replay.isReplanned {
      lines += wrapped(
        "The plan has changed since you looked: read it again.", theme.severity(.warning),
        weight: 8)
    }
    if let error = replay.error {
      return lines + wrapped(error, theme.severity(.error), weight: 9)
    }
    guard let plan = replay.plan else {
      return lines + [.text("planning…", theme.dim, weight: 8)]
    }
    let style = replay.phase == .planning ? theme.dim : theme.plain
    lines.append(
      .text(
        "\(plan.kind.word) of \(plan.secondary)", style.with(.bold), weight: 9))
    if replay.isRepair, let verified = model.secondary(replay.name)?.report.verified {
      lines += wrapped("The repair of what was \(verified.text(at: model.now)).", style, weight: 8)
    }
    lines.append(fact("target", target(replay.name), style, weight: 9))
    if let refused = plan.refused {
      lines += wrapped("Refused: \(refused)", theme.severity(.error), weight: 9)
      if refused.contains("--clamp") {
        lines += wrapped("Here:  :replay \(replay.name) --clamp", theme.plain, weight: 6)
      }
      return lines
    }
    guard let from = plan.from, let through = plan.through else {
      return lines + [.text("Nothing is left to deliver.", style, weight: 9)]
        + wrapped(
          "To deliver again, enter an earlier From (a rewind), or From and Through (a range).",
          theme.dim, weight: 3)
    }
    return lines + deliveryLines(plan, from, through, at: replay.request.maxRate, style)
  }

  /// What an executable plan would deliver.
  private func deliveryLines(
    _ plan: ReplayPlan, _ from: Position, _ through: Position, at maxRate: Double?, _ style: Style
  ) -> [DialogLine] {
    var lines = [fact("from", end(from, plan.firstTime), style, weight: 6)]
    lines.append(fact("through", end(through, plan.lastTime), style, weight: 6))
    var much = Quantity.count(plan.events, "event")
    if let bytes = plan.bytes { much += ", \(Quantity.bytes(bytes))" }
    if let estimate = plan.estimatedSeconds { much += ", about \(Quantity.duration(estimate))" }
    lines.append(fact("how much", much, style.with(.bold), weight: 9))
    lines += partFacts(plan, style)
    lines.append(storedFact(plan, style))
    if plan.estimatedSeconds == nil {
      lines.append(
        fact("how long", "pace unknown: none was measured yet", theme.dim, weight: 1))
    }
    if plan.kind == .rewind {
      let before = plan.checkpoint.map { Quantity.count($0.eventId) } ?? "nothing"
      lines.append(
        fact("checkpoint", "goes back from \(before) first", theme.severity(.warning), weight: 4))
    }
    if let generation = plan.generation {
      lines.append(
        fact(
          "generation",
          "\(generation) begins; what is stored stays as generation \(generation - 1)",
          style, weight: 6))
    }
    if let rate = maxRate {
      lines.append(fact("at most", Quantity.rate(rate), style, weight: 2))
    }
    for note in plan.notes { lines += wrapped(note, theme.severity(.warning), weight: 4) }
    return lines
  }

  /// Where the events come from, if an archive has some of them.
  private func partFacts(_ plan: ReplayPlan, _ style: Style) -> [DialogLine] {
    plan.partTexts.prefix(3).enumerated().map { index, part in
      fact(index == 0 ? "out of" : "", part, style, weight: 3)
    }
  }

  /// How many of the events the sink has already.
  private func storedFact(_ plan: ReplayPlan, _ style: Style) -> DialogLine {
    let text =
      switch plan.alreadyStored {
      case nil where plan.isRepeatHarmless: "unknown until V; repeats are harmless"
      case nil: "unknown: the sink cannot tell which of its events the log still has"
      case 0: "none of these events yet"
      case let count? where plan.isRepeatHarmless:
        "\(Quantity.count(count)) of these events; repeats are harmless"
      case let count?: "\(Quantity.count(count)) of these events; they come again"
      }
    let isWarning = plan.alreadyStored != 0 && !plan.isRepeatHarmless
    return fact("stored", text, isWarning ? theme.severity(.warning) : style, weight: 5)
  }

  private func target(_ name: String) -> String {
    guard let secondary = model.secondary(name) else { return glyphs.dash }
    return dialogRoom < 50 ? secondary.target : "\(secondary.report.kind) \(secondary.target)"
  }

  private func end(_ position: Position, _ time: EventTime?) -> String {
    var text = Quantity.count(position.eventId)
    if let tag = position.tag { text += "  \(tag)" }
    if let time = position.time ?? time {
      text += "  \(when(time))"
      if let now = model.now, now >= time {
        text += ", \(Quantity.shortDuration(now.seconds(since: time))) ago"
      }
    }
    return text
  }

  private func when(_ time: EventTime) -> String {
    let text = time.text(fractionDigits: 0)
    let isToday = model.now.map { $0.text(fractionDigits: 0).prefix(10) == text.prefix(10) }
    return isToday == true ? Quantity.timeOfDay(time) : text
  }

  private func questionLines(_ replay: ReplayDialog) -> [DialogLine] {
    if replay.phase == .starting { return [.text("starting…", theme.accent, weight: 9)] }
    guard replay.isExecutable, let plan = replay.plan else { return [.buttons] }
    if replay.isTypedNameNeeded {
      let hint = "Type the name and press Enter to start it; Esc cancels."
      return wrapped(hint, theme.plain, weight: 4) + [.buttons]
    }
    let question = "Deliver \(Quantity.count(plan.events, "event")) to \(replay.name)?"
    let keys: Spans = [
      ("y", theme.accentBold), (" starts, ", theme.dim), ("n", theme.accentBold),
      (" cancels", theme.dim),
    ]
    let width = keys.reduce(question.count + 2) { $0 + $1.0.count }
    if width <= dialogRoom {
      return [
        DialogLine(content: .text([(question + "  ", theme.bold)] + keys), weight: 9), .buttons,
      ]
    }
    return wrapped(question, theme.bold, weight: 9) + [
      DialogLine(content: .text(keys), weight: 7), .buttons,
    ]
  }

  private func box(_ theirs: ReplayRecord, insteadOf replay: ReplayDialog) -> DialogBox {
    let span = theirs.span.map { Quantity.count($0, "event") } ?? "not begun"
    var lines = wrapped(
      "\(theirs.requestedBy) has started a \(theirs.kind.word) of \(replay.name) meanwhile."
        + " Yours was not started.", theme.severity(.warning), weight: 9)
    lines += [
      .blank, fact("how much", span, theme.plain, weight: 8),
      fact("delivered", Quantity.count(theirs.delivered), theme.plain, weight: 8),
    ]
    let secondary = model.secondary(replay.name)
    if let secondary, theirs.fraction != nil {
      let far = progressText(theirs, of: secondary, room: dialogRoom < 50 ? 60 : 100)
      lines.append(fact("so far", far.trimmed, theme.plain, weight: 7))
    }
    if let reason = theirs.reason { lines.append(fact("reason", reason, theme.plain, weight: 5)) }
    let isOrphaned = secondary?.report.state == .replayOrphaned
    let keys =
      isOrphaned
      ? "It has lost its driver. Esc goes back; R then offers to resume it."
      : "Esc goes back; X then cancels theirs."
    lines.append(.blank)
    lines += wrapped(keys, isOrphaned ? theme.severity(.warning) : theme.dim, weight: 9)
    return DialogBox(title: "Replay \(replay.name)", lines: lines, form: Form(buttons: []))
  }
}
