import Dashboard
import EventPersistence
import SecondaryStatus
import Wording

/// `status` for a person: the primary in two lines, the secondaries in a table, and below it what
/// to do about each that is not well.
struct StatusText {
  var paint: Paint

  func lines(_ document: StatusDocument) -> [String] {
    var lines = primary(document)
    if let error = document.stateError {
      lines.append(paint.apply(.warning, to: "? state \(Visible.text(error))"))
    } else {
      lines.append(paint.apply(.dim, to: "  state \(Visible.text(document.stateDir))"))
    }
    guard !document.secondaries.isEmpty else {
      return lines + [
        "", "no secondaries: configure one under secondaries, or give --sink URI",
      ]
    }
    lines.append("")
    lines += table(document)
    let advice = document.secondaries.flatMap { self.advice($0) }
    return advice.isEmpty ? lines : lines + [""] + advice
  }

  // MARK: - The primary

  private func primary(_ document: StatusDocument) -> [String] {
    let primary = document.primary
    var words = [primary.state.rawValue]
    if let format = primary.format { words.append(format.rawValue) }
    if let bytes = primary.bytes { words.append(Quantity.bytes(bytes)) }
    if let first = primary.firstEventId, let last = primary.lastEventId {
      words.append("events \(Quantity.count(first)) to \(Quantity.count(last))")
    }
    if let time = primary.lastEventTime {
      words.append("last one \(Quantity.duration(document.at.seconds(since: time))) ago")
    }
    if let torn = primary.tornLines, torn > 0 { words.append("\(torn) torn lines") }
    let sign = primary.severity.sign
    var lines = [
      paint.apply(primary.severity.ink, to: sign) + " "
        + (document.node.map { paint.apply(.bold, to: Visible.text($0)) + "  " } ?? "")
        + paint.apply(.bold, to: Visible.text(primary.persistenceDir)) + "  "
        + Visible.text(words.joined(separator: " · "))
    ]
    for missing in document.secondaries.losses(among: primary.missing) {
      lines.append(
        paint.apply(.error, to: "✖ lost: events \(missing.from) through \(missing.through)"))
    }
    if let explanation = primary.explanation { lines.append("  \(Visible.text(explanation))") }
    for warning in primary.warnings ?? [] {
      lines.append(
        paint.apply(.warning, to: "\(Severity.warning.sign) \(Visible.text(warning.message))"))
    }
    if let head = document.head { lines.append(self.head(head.state, at: document.at)) }
    return lines
  }

  private func head(_ head: HydraHead, at now: EventTime) -> String {
    let facts = head.facts(at: now).map { fact in
      let text = Visible.text(fact.text)
      return fact.isWarning ? paint.apply(.warning, to: text) : text
    }
    return "  " + facts.joined(separator: " · ")
  }

  // MARK: - The secondaries

  private func table(_ document: StatusDocument) -> [String] {
    var table = Table(columns: [
      .init(title: "", alignment: .left), .init(title: "NAME", alignment: .left),
      .init(title: "KIND", alignment: .left), .init(title: "CHECKPOINT", alignment: .right),
      .init(title: "LAG", alignment: .right), .init(title: "BEHIND", alignment: .right),
      .init(title: "RATE", alignment: .right), .init(title: "ETA", alignment: .right),
      .init(title: "STATE", alignment: .left),
    ])
    for report in document.secondaries {
      let ink = report.severity.ink
      table.rows.append([
        .init(text: report.severity.sign, ink: ink), .init(text: Visible.text(report.name)),
        .init(text: Visible.text(report.kind.rawValue), ink: .dim),
        .init(text: report.checkpoint?.eventId.map { Quantity.count($0) } ?? "—"),
        .init(text: report.lagEvents.map { Quantity.count($0) } ?? Quantity.unknown),
        .init(text: report.lagSeconds.map(Self.behind) ?? Quantity.unknown),
        .init(text: report.ratePerSecond.map { Quantity.rate($0) } ?? Quantity.unknown),
        .init(text: report.etaSeconds.map { Quantity.duration($0) } ?? "—"),
        .init(text: state(report, at: document.at), ink: ink),
      ])
    }
    return table.lines(paint)
  }

  private static func behind(_ seconds: Double) -> String {
    seconds == 0 ? "—" : Quantity.duration(seconds)
  }

  /// `stalled 5 h 58 m, since 03:02 · ExpiredToken`
  private func state(_ report: SecondaryReport, at now: EventTime) -> String {
    var text = report.word
    if let since = report.wordSince, report.severity > .ok {
      text +=
        " \(Quantity.duration(now.seconds(since: since))), since \(Quantity.since(since, now: now))"
    }
    let why = report.shortReason(at: now)
    return why.isEmpty
      ? text
      : text + " · "
        + DisplayWidth.cut(
          Visible.text(why), to: Self.reasonWidthMax, ellipsis: "…")
  }

  /// In columns; the whole error is below the table.
  private static let reasonWidthMax = 40

  /// What is wrong with a secondary, and what to do.
  private func advice(_ report: SecondaryReport) -> [String] {
    guard report.severity >= .warning || report.lastError != nil && report.state != .ok else {
      return []
    }
    var sentences: [String] = []
    if let explanation = report.explanation { sentences.append(explanation) }
    if let error = report.lastError, !(report.explanation?.contains(error) ?? false) {
      sentences.append(error)
    }
    return sentences.map { sentence in
      "\(paint.apply(report.severity.ink, to: report.severity.sign)) "
        + Visible.text("\(report.name): \(sentence)")
    }
  }
}
