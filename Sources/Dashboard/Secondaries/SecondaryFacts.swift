import EventPersistence
internal import SecondaryStatus
internal import Wording

extension Drawing {
  /// What there is to know about it, in columns; below them what is too long for a column.
  func factLines(_ secondary: SecondaryObservation, _ width: Int) -> [Spans] {
    let report = secondary.report
    var facts: [(String, String)] = [
      ("kind", report.kind.rawValue), ("target", secondary.target),
      ("checkpoint", checkpointText(report.checkpoint)),
      ("lag", report.lagEvents.map { Quantity.count($0, "event") } ?? Quantity.unknown),
      ("behind", report.lagEvents == 0 ? "0 s" : report.lagSeconds.map(Quantity.duration) ?? "?"),
      ("rate", report.ratePerSecond.map(Quantity.rate) ?? Quantity.unknown),
      ("time left", report.etaSeconds.map(Quantity.duration) ?? glyphs.dash),
    ]
    facts += generationFacts(report)
    if let verified = report.verified {
      facts.append(("verify", verified.text(at: model.now)))
    }
    if let paused = report.paused {
      let end = paused.resumeAt.map { " until \(Quantity.end($0, now: model.now))" } ?? ""
      let reminder =
        paused.until.map { ", reminder at \(Quantity.end($0, now: model.now))" } ?? ""
      facts.append(
        (
          "paused",
          "by \(paused.by) since \(Quantity.since(paused.at, now: model.now))\(end)\(reminder)"
        ))
      if let reason = paused.reason { facts.append(("reason", reason)) }
    }
    facts += driverFacts(secondary)
    // Two columns where there is room for them; below them each fact of a sink that does not fit.
    let columns = width >= 100 ? 2 : 1
    let label = 12
    var longFacts: [Spans] = []
    for (key, value) in (secondary.driver?.sink ?? [:]).sorted(by: { $0.key < $1.key }) {
      let key = Visible.text(key)
      // A sink writes its numbers for programs.
      let value = Position.id(value).map(Quantity.count) ?? value
      if key.count < label, DisplayWidth.of(value) <= width / columns - label - 2 {
        facts.append((key, value))
      } else {
        longFacts += longFact(key, value, width)
      }
    }
    let height = (facts.count + columns - 1) / columns
    let cell = width / columns
    let short: [Spans] = (0..<height).map { row in
      var spans: Spans = []
      for column in 0..<columns where column * height + row < facts.count {
        let (key, value) = facts[column * height + row]
        let room = cell - label - 2
        let text = DisplayWidth.cut(Visible.text(value), to: room, ellipsis: glyphs.ellipsis)
        spans.append((key.filled(to: label), theme.dim))
        let blanks = max(0, room - DisplayWidth.of(text)) + 2
        spans.append((text + String(repeating: " ", count: blanks), theme.plain))
      }
      return spans
    }
    return short + longFacts + consumerLines(secondary, width)
  }

  /// The consumers that its sink serves, as of this look.
  private func consumerLines(_ secondary: SecondaryObservation, _ width: Int) -> [Spans] {
    guard secondary.report.driver != nil, let survey = model.shown?.primary.survey else {
      return []
    }
    return (secondary.driver?.consumers ?? []).flatMap { consumer in
      let lag = survey.lag(behind: consumer.confirmed)
      return longFact(
        "consumer " + Visible.text(consumer.name), consumer.text(lag: lag, now: model.now), width)
    }
  }

  private func longFact(_ key: String, _ value: String, _ width: Int) -> [Spans] {
    let pieces = wrap(value, to: max(8, width - key.count - 2), lines: 4)
    return pieces.enumerated().map { index, piece in
      [((index == 0 ? key : "").filled(to: key.count + 2), theme.dim), (piece, theme.plain)]
    }
  }

  private func checkpointText(_ checkpoint: Checkpoint?) -> String {
    guard let checkpoint else { return "nothing stored yet" }
    guard let id = checkpoint.eventId else { return "before the first event" }
    var text = Quantity.count(id)
    if let tag = checkpoint.tag { text += " \(tag)" }
    if let at = checkpoint.at, let now = model.now {
      text += ", \(Quantity.duration(max(0, now.seconds(since: at)))) ago"
    }
    return text
  }

  /// Which of the node's logs is stored, where there was more than one, and which were before it.
  private func generationFacts(_ report: SecondaryReport) -> [(String, String)] {
    guard let generation = report.generation, generation > 1 else { return [] }
    let former = (report.former ?? []).suffix(3).reversed().map { log in
      let end = log.last.map { "through \(Quantity.count($0.eventId))" } ?? "nothing stored"
      let when = Quantity.since(log.endedAt, now: model.now)
      return ("before it", "\(log.generation), \(end), ended \(when)")
    }
    return [("generation", "\(generation) of the node's log")] + former
  }

  private func driverFacts(_ secondary: SecondaryObservation) -> [(String, String)] {
    guard secondary.report.kind != .checkpoint else { return [("driver", "elsewhere")] }
    guard let driver = secondary.driver else {
      return [("driver", secondary.report.driver.map { "process \($0.pid)" } ?? "none")]
    }
    let now = model.now ?? driver.at
    let age = Quantity.duration(max(0, now.seconds(since: driver.at)))
    let isHeld = secondary.report.driver != nil
    let whose =
      model.isDrivenHere(secondary.name)
      ? "this process" : "process \(driver.pid) on \(driver.host)"
    var facts = [("driver", isHeld ? "\(whose), seen \(age) ago" : "none; last \(whose)")]
    if let ended = driver.endedAt {
      facts.append(("ended", "\(Quantity.duration(max(0, now.seconds(since: ended)))) ago"))
    } else if isHeld {
      let phase = driver.stopped ? "stopped" : driver.phase.rawValue
      let since = Quantity.duration(max(0, now.seconds(since: driver.phaseSince)))
      facts.append(("phase", "\(phase) for \(since)"))
      if driver.attempts > 1 { facts.append(("attempts", "\(driver.attempts) of this batch")) }
      if let retry = driver.retryAt {
        facts.append(("tries again", "in \(Quantity.duration(retry.seconds(since: now)))"))
      }
    }
    return facts
  }
}
