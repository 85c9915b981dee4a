import EventPersistence

extension Model {
  /// How old the look is that is drawn, where it is too old to pass for now.
  var staleness: Double? {
    guard let shown, let now, !isFrozen else { return nil }
    let age = now.seconds(since: shown.at)
    return age > max(3, 3 * (interval / .seconds(1))) ? age : nil
  }

  /// What is wrong with the primary, and what to do about it.
  var trouble: String? {
    guard let survey = shown?.primary.survey else { return nil }
    if let sentence = survey.sentence, survey.state != .live { return sentence }
    guard let missing = survey.missing.first else { return nil }
    let more = survey.missing.count > 1 ? ", and \(survey.missing.count - 1) more" : ""
    let ids = "\(Quantity.count(missing.from)) to \(Quantity.count(missing.through))"
    return "no log of the node has the events \(ids) any more\(more)"
  }

  /// The Hydra Head and the forecasts, where anything is known of them.
  var headerSecondLine: (left: String, right: String) {
    guard let primary = shown?.primary else { return ("", "") }
    return (primary.hydraHead ?? "", primary.rotationForecast ?? "")
  }

  /// Whether there is a second line.
  var hasSecondLine: Bool {
    let line = headerSecondLine
    return !line.left.isEmpty || !line.right.isEmpty
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
    for (text, style) in headerLeft(room: pen.room) { pen.put(text, style, on: &grid) }
    for (text, style) in right { end.put(text, style, on: &grid) }

    guard layout.header.height > 1 else { return }
    if let trouble = model.trouble {
      let state = model.shown?.primary.survey.state
      let severity: Severity = state == .missing || state == .silent ? .warning : .error
      grid.put(
        trouble, theme.severity(severity), column: 1, line: 1, width: grid.width - 2,
        ellipsis: glyphs.ellipsis)
      return
    }
    let second = model.headerSecondLine
    let columns = grid.columns(of: second.right)
    grid.put(
      second.right, theme.dim, column: grid.width - 1 - columns, line: 1)
    grid.put(
      second.left, theme.plain, column: 1, line: 1, width: grid.width - 4 - columns,
      ellipsis: glyphs.ellipsis)
  }

  private func headerLeft(room: Int) -> Spans {
    // The directory tells more than our own name.
    let name = room >= 24 ? "hydra-sinks" : ""
    var spans: Spans = [(name, theme.accentBold)]
    var left = room - name.count
    func fits(_ text: String) -> Bool {
      let columns = grid.columns(of: text)
      guard columns <= left else { return false }
      left -= columns
      return true
    }
    if let frozen = model.frozenAt {
      let text = "  frozen at \(Quantity.timeOfDay(frozen))"
      if fits(text) { spans.append((text, theme.severity(.warning))) }
    }
    let directory = model.shown?.primary.persistenceDir ?? model.settings.persistenceDir
    let gap = name.isEmpty ? "" : "  "
    if fits(gap + directory) {
      spans.append((gap + directory, theme.bold))
    } else if left > 5 {
      // The end of a path tells more than its beginning.
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

  private static func formatWord(_ format: String) -> String {
    switch format {
    case "sqlite-json": "hydra.db v1"
    case "sqlite-cbor": "hydra.db v2"
    case "bare": "state, bare lines"
    case "untimed": "state, untimed"
    default: format
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

extension String {
  /// With blanks in front, so that it has at least `columns` characters.
  func padded(to columns: Int) -> String {
    String(repeating: " ", count: max(0, columns - count)) + self
  }

  /// With blanks behind.
  func filled(to columns: Int) -> String {
    self + String(repeating: " ", count: max(0, columns - count))
  }
}
