import EventPersistence
internal import SecondaryStatus
internal import Wording

extension Model {
  /// The age of the drawn look, if it is too old to count as current.
  var staleness: Double? {
    guard let shown, let now, !isFrozen else { return nil }
    let age = now.seconds(since: shown.at)
    return age > max(3, 3 * (interval / .seconds(1))) ? age : nil
  }

  /// What is wrong with the primary, and what to do about it.
  var trouble: String? {
    guard let survey = shown?.primary.survey else { return nil }
    if let sentence = survey.sentence, survey.state != .live { return sentence }
    let losses = losses
    guard let missing = losses.first else { return nil }
    let more = losses.count > 1 ? ", and \(losses.count - 1) more" : ""
    let ids = "\(Quantity.count(missing.from)) to \(Quantity.count(missing.through))"
    return "no log of the node has the events \(ids) any more\(more)"
  }

  /// The ids that no log of the node has any more, and that a secondary lacks.
  var losses: [Survey.Missing] {
    guard let shown else { return [] }
    return shown.secondaries.map(\.report).losses(among: shown.primary.survey.missing)
  }

  /// Where to show the state directory: in the second line if there is one.
  var hasSecondLine: Bool { height >= 18 && shown != nil }

  /// The worst secondary whose row is out of sight, and how many other such rows are errors.
  func worstOutOfSight(_ layout: Layout) -> (secondary: SecondaryObservation, more: Int)? {
    var rows = sortedSecondaries
    if case .overview = page, let area = layout.secondaryRows {
      let top = secondaryTop(layout)
      rows = rows.indices.filter { $0 < top || $0 >= top + area.height }.map { rows[$0] }
    }
    let bad = rows.filter { $0.report.severity >= .warning }
    guard let worst = bad.max(by: { $0.report.severity < $1.report.severity }) else { return nil }
    return (worst, bad.filter { $0.report.severity == worst.report.severity }.count - 1)
  }
}

extension Drawing {
  mutating func drawHeader() {
    let right = headerRight()
    let width = right.reduce(0) { $0 + grid.columns(of: $1.0) }
    var end = Pen(layout.header, line: 0, glyphs: glyphs)
    end.column = max(1, grid.width - 1 - width)
    var pen = Pen(
      Rect(left: 1, top: 0, width: end.column - 3, height: 1), line: 0, glyphs: glyphs)
    pen.put(headerLeft(room: pen.room), on: &grid)
    end.put(right, on: &grid)

    guard layout.header.height > 1 else { return }
    let left = secondLineLeft()
    let taken = left.reduce(0) { $0 + grid.columns(of: $1.0) }
    let facts = secondLineRight(
      room: grid.width - 2 - (left.isEmpty ? 0 : taken + 3), isTrouble: model.trouble != nil)
    let columns = facts.reduce(0) { $0 + grid.columns(of: $1.0) }
    var second = Pen(layout.header, line: 1, glyphs: glyphs)
    second.column = grid.width - 1 - columns
    second.put(facts, on: &grid)
    let room = Rect(
      left: 1, top: 1, width: grid.width - (columns > 0 ? 4 + columns : 2), height: 1)
    pen = Pen(room, line: 1, glyphs: glyphs)
    pen.put(left, on: &grid)
  }

  /// What is wrong with the log; else the Hydra Head, as much of it as fits.
  private func secondLineLeft() -> Spans {
    guard let survey = model.shown?.primary.survey else { return [] }
    if let trouble = model.trouble {
      let isWarning = survey.state == .missing || survey.state == .silent
      return [(trouble, theme.severity(isWarning ? .warning : .error))]
    }
    guard let head = survey.hydraHead, let now = model.now else { return [] }
    let facts = head.facts(at: now, columns: grid.width - 2 - (lossRoom.map { $0 + 3 } ?? 0))
    return facts.enumerated().flatMap { index, fact -> Spans in
      let gap: Spans = index == 0 ? [] : [(" · ", theme.plain)]
      return gap + [(fact.text, fact.isWarning ? theme.severity(.warning) : theme.plain)]
    }
  }

  /// That the next rotation will take events from secondaries.
  private var lossText: String? {
    let losing = model.losingNames
    guard let first = losing.first else { return nil }
    let names = losing.count <= 2 ? losing.joined(separator: ", ") : "\(first) +\(losing.count - 1)"
    return "\(names) will miss events"
  }

  /// A loss to come is always shown: there is still time to act.
  private var lossRoom: Int? { lossText.map { min(grid.columns(of: $0), grid.width / 2) } }

  /// The forecasts and the state directory, as much of it as fits.
  private func secondLineRight(room: Int, isTrouble: Bool) -> Spans {
    guard let shown = model.shown else { return [] }
    var spans: Spans = []
    var left = room
    func add(_ text: String, _ style: Style) {
      let gap = spans.isEmpty ? "" : " · "
      guard grid.columns(of: text) + gap.count <= left else { return }
      left -= grid.columns(of: text) + gap.count
      if !gap.isEmpty { spans.append((gap, theme.dim)) }
      spans.append((text, style))
    }
    if let lossText, let lossRoom {
      left = max(left, lossRoom)
      add(lossText, theme.severity(.error))
    }
    for warning in shown.primary.warnings { add(warning.word, theme.severity(.warning)) }
    if let rotation = shown.primary.rotationForecast { add(rotation, theme.dim) }
    // Less than this says nothing about a path.
    if isTrouble || left < 20 { return spans }
    let state = "state in \(shown.stateDir)"
    add(
      DisplayWidth.cut(Visible.text(state), to: max(0, left - 3), ellipsis: glyphs.ellipsis),
      theme.dim)
    return spans
  }

  private func headerLeft(room: Int) -> Spans {
    // The directory says more than our own name.
    let name = room >= 24 ? "hydra-sinks" : ""
    var spans: Spans = [(name, theme.accentBold)]
    var left = room - name.count
    func fits(_ text: String) -> Bool {
      let columns = grid.columns(of: text)
      guard columns <= left else { return false }
      left -= columns
      return true
    }
    if let node = model.settings.node, fits("  " + node) { spans.append(("  " + node, theme.bold)) }
    if let frozen = model.frozenAt {
      let text = "  frozen at \(Quantity.timeOfDay(frozen))"
      if fits(text) { spans.append((text, theme.severity(.warning))) }
    }
    if let (worst, more) = model.worstOutOfSight(layout) {
      let report = worst.report
      let gap = name.isEmpty ? "" : "  "
      let sign = glyphs.sign(report.state, report.severity)
      let text = "\(gap)\(sign) \(worst.name) \(report.word)"
      let style = theme.severity(report.severity)
      if more > 0, fits("\(text) +\(more)") {
        spans.append(("\(text) +\(more)", style))
      } else if fits(text) {
        spans.append((text, style))
      } else if fits("\(gap)\(sign) \(worst.name)") {
        spans.append(("\(gap)\(sign) \(worst.name)", style))
      }
    }
    let directory = model.shown?.primary.persistenceDir ?? model.settings.persistenceDir
    let gap = spans.allSatisfy(\.0.isEmpty) ? "" : "  "
    if fits(gap + directory) {
      spans.append((gap + directory, model.settings.node == nil ? theme.bold : theme.dim))
    } else if left > 5 {
      // The end of a path says more than its beginning.
      let tail = Visible.text(directory).suffix(left - gap.count - 1)
      spans.append(("\(gap)\(glyphs.ellipsis)\(tail)", theme.bold))
      left = 0
    }
    if model.settings.isReadOnly, fits("  read-only") {
      spans.append(("  read-only", theme.severity(.warning)))
    }
    guard let primary = model.shown?.primary else { return spans }
    var facts: [String] = []
    if let format = primary.survey.format { facts.append(Self.formatWord(format)) }
    if let bytes = primary.survey.bytes { facts.append(Quantity.bytes(bytes)) }
    if let growth = primary.bytesPerHour, growth >= 1, growth < 1e18 {
      facts.append("+\(Quantity.bytes(UInt64(growth)))/h")
    }
    if let torn = primary.survey.tornLines, torn > 0 {
      facts.append("\(Quantity.count(UInt64(torn))) torn")
    }
    if let disk = primary.diskForecast { facts.append(disk) }
    for (index, fact) in facts.enumerated() {
      let text = (index == 0 ? "  " : fact.hasPrefix("+") ? " " : " · ") + fact
      guard fits(text) else { break }
      spans.append((text, theme.dim))
    }
    return spans
  }

  private static func formatWord(_ format: LogFormat) -> String {
    switch format {
    case .sqliteJSON: "hydra.db v1"
    case .sqliteCBOR: "hydra.db v2"
    case .bare: "state, bare lines"
    case .untimed: "state, untimed"
    case .state: "state"
    }
  }

  private func headerRight() -> Spans {
    guard let shown = model.shown else { return [("reading…", theme.dim)] }
    if let age = model.staleness {
      return [("as of \(Quantity.shortDuration(age)) ago", theme.severity(.warning))]
    }
    let survey = shown.primary.survey
    switch survey.state {
    case .missing: return [("no log yet", theme.severity(.unknown))]
    case .ambiguous: return [("two logs", theme.severity(.error))]
    case .unreadable: return [("unreadable", theme.severity(.error))]
    case .live, .silent: break
    }
    guard let head = survey.head else {
      return [("head ", theme.dim), (survey.first == nil ? "— no event yet" : "?", theme.plain)]
    }
    var spans: Spans = [("head ", theme.dim), (Quantity.count(head.eventId), theme.bold)]
    if grid.width >= 60 {
      let rate = shown.primary.ratePerSecond.map(Quantity.rate) ?? Quantity.unknown
      spans += [(" · ", theme.dim), (rate.padded(to: 5), theme.plain)]
    }
    if let time = head.time, let now = model.now {
      let age = max(0, now.seconds(since: time))
      let text = age < 9.95 ? Quantity.age(age) : Quantity.shortDuration(age)
      let silence = shown.primary.silence ?? .ok
      spans.append((grid.width >= 110 ? " · last event " : " · ", theme.dim))
      spans.append(
        ("\(text.padded(to: 5)) ago", silence > .info ? theme.severity(silence) : theme.plain))
    }
    return spans
  }
}

extension PrimaryWarning {
  /// The page of the archives has its sentences.
  var word: String {
    switch kind {
    case .largeLog: "log is large"
    case .lowDisk: "disk is low"
    }
  }
}

extension String {
  /// With blanks in front, so that it has at least `columns` characters.
  func padded(to columns: Int) -> String {
    String(repeating: " ", count: max(0, columns - count)) + self
  }

  /// With blanks at its end.
  func filled(to columns: Int) -> String {
    self + String(repeating: " ", count: max(0, columns - count))
  }
}
