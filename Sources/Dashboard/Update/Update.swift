internal import SecondaryStatus
internal import Wording
import EventPersistence

extension Model {
  /// Takes one message, and says what is to be done.
  ///
  /// Costs what the message brings and the rows at hand, never what the log holds.
  public mutating func update(_ message: Message) -> [Command] {
    switch message {
    case .key(let key): return press(key)
    case .pasted(let text): return paste(text)
    case .mouse(let event): return point(event)
    case .resized(let width, let height):
      (self.width, self.height) = (width, height)
      if case .event(var event) = page {
        event.setWidth(layout.body.width)
        page = .event(event)
      }
      return []
    case .tick(let time): return advance(to: time)

    case .observed(let observed): return observe(observed)
    case .configured(let note):
      configuration = note
      if case .note(let text) = note { tell(text, .warning) }
    case .arrived(let rows, let left): stream.arrive(rows, left: left, isHeld: isFrozen)
    case .loaded(let loaded): return stream.take(loaded).map { [$0] } ?? []
    case .loadFailed(let request, let why):
      stream.fail(request)
      tell(why, .error)
    case .event(let detail): show(detail)
    case .headAt(let position, let text):
      if case .event(var event) = page, event.position.agrees(with: position) {
        event.head = .some(text)
        page = .event(event)
      }
    case .searching(let progress): take(progress)
    case .found(let answer): return take(answer)
    case .eventFailed(let position, let why):
      if case .event(var event) = page, event.position == position {
        event.error = why
        page = .event(event)
      }
    case .history(let history):
      if case .secondary(var secondary) = page, secondary.name == history.name {
        secondary.history = history
        secondary.error = nil
        page = .secondary(secondary)
      }
    case .historyFailed(let name, let why):
      if case .secondary(var secondary) = page, secondary.name == name {
        secondary.error = why
        page = .secondary(secondary)
      }

    case .planned, .planFailed, .replayStarted, .replanned, .replayRefused, .replayEnded:
      replayAnswered(message)
    case .verifying, .verified: verifyAnswered(message)
    // Those of several nodes go through `Fleet`.
    case .node, .nodeSeen: break
    case .done(let text): tell(text, .ok)
    case .failed(let text): tell(text, .error)
    }
    return []
  }

  mutating func tell(_ text: String, _ severity: Severity) {
    notice = Notice(text: text, severity: severity, at: now)
    // Hints about keys are nothing to look up later.
    if severity != .info { journal.note(text, severity, at: now) }
  }

  /// The clock moves on: by itself, or with a look.
  private mutating func advance(to time: EventTime) -> [Command] {
    now = time
    if let at = notice?.at, notice?.severity != .error,
      time.seconds(since: at) > Notice.secondsShown
    {
      notice = nil
    }
    guard case .secondary(var secondary) = page, let asked = secondary.askedAt,
      time.seconds(since: asked) >= SecondaryPage.secondsBetweenReads
    else { return [] }
    secondary.askedAt = time
    page = .secondary(secondary)
    return [.loadHistory(name: secondary.name)]
  }

  private mutating func observe(_ observed: Observed) -> [Command] {
    latest = observed
    let commands = advance(to: max(now ?? observed.at, observed.at))
    if !isFrozen { shown = observed }
    let names = observed.secondaries.map(\.name)
    if table.selectedName.map({ !names.contains($0) }) ?? true {
      table.selectedName = names.first
    }
    let reload = stream.reload(for: observed.primary.survey.head).map { [$0] } ?? []
    return commands + alarm(observed) + noticeTheirReplay(observed) + reload
  }

  /// A secondary that becomes an error rings once; the window's title says how things stand.
  private mutating func alarm(_ observed: Observed) -> [Command] {
    let errors = observed.secondaries.filter { $0.report.severity == .error }
    let names = Set(errors.map(\.name))
    var commands: [Command] = []
    if let alarmed, settings.ringsBell, !names.subtracting(alarmed).isEmpty {
      commands.append(.bell)
    }
    alarmed = names
    guard settings.setsTitle else { return commands }
    let glyphs = Glyphs(isUTF8: settings.isUTF8)
    var text = "hydra-sinks \(observed.primary.persistenceDir)"
    if let first = errors.first {
      let sign = glyphs.sign(first.report.state, .error)
      let what =
        errors.count == 1 ? "\(first.name) \(first.report.state.word)" : "\(errors.count) errors"
      text = "\(sign) \(what) \(glyphs.dot) \(text)"
    }
    text = Visible.text(text, asASCII: !settings.isUTF8)
    if text != title {
      title = text
      commands.append(.title(text))
    }
    return commands
  }

  private mutating func show(_ detail: EventDetail) {
    guard case .event(var event) = page, event.position.agrees(with: detail.position) else {
      return
    }
    event.setWidth(layout.body.width)
    event.take(detail)
    page = .event(event)
  }

  // MARK: - What is selected

  /// The secondary that an order without a name means.
  var selectedName: String? {
    if case .secondary(let secondary) = page { return secondary.name }
    return table.selectedName
  }

  func secondary(_ name: String) -> Observed.Secondary? {
    latest?.secondaries.first { $0.name == name }
  }

  var secondaryNames: [String] { latest?.secondaries.map(\.name) ?? [] }

  var context: KeyContext {
    switch page {
    case .overview: focus == .secondaries ? .secondaries : .events
    case .event: .event
    case .secondary: .secondary
    case .archives: .archives
    case .log: .log
    case .help: .help
    }
  }
}
