import EventPersistence
internal import SecondaryStatus
internal import Wording

/// Every message goes to its receiver: the dialog, the prompt, the page, the stream, or the table.
extension Model {
  /// Takes one message, and returns the commands to carry out.
  ///
  /// The cost depends on the message and the loaded rows, never on the size of the log.
  package mutating func update(_ message: Message) -> [Command] {
    receive(message) + followQuestion() + updatePreview()
  }

  private mutating func receive(_ message: Message) -> [Command] {
    switch message {
    case .key(let key): return press(key)
    case .pasted(let text): return paste(text)
    case .mouse(let event): return point(event)
    case .resized(let width, let height):
      (self.width, self.height) = (width, height)
      let columns = layout.body.width
      page.event?.setWidth(columns)
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
    case .searching(let progress): take(progress)
    case .counted(let count): take(count)
    case .found(let answer): return take(answer)

    case .event(let detail):
      let columns = layout.body.width
      page.event?.take(detail, width: columns)
      preview.take(detail, width: layout.preview?.width)
    case .headAt(let position, let text):
      page.event?.takeHead(text, at: position)
      preview.event?.takeHead(text, at: position)
    case .eventFailed(let position, let why):
      page.event?.fail(why, at: position)
      preview.fail(why, at: position)
    case .history(let history): page.secondary?.take(history)
    case .historyFailed(let name, let why): page.secondary?.fail(why, of: name)

    case .planned, .planFailed, .replayStarted, .replanned, .replayRefused, .replayEnded:
      return replayAnswered(message)
    case .verifying(let name, let share, let faults):
      verifying(name, share: share, faults: faults)
    case .verified(let name, let answer): verified(name, answer)
    case .done(let text): tell(text, .ok)
    case .failed(let text): tell(text, .error)

    // `Fleet` handles those of several nodes.
    case .node, .nodeSeen: break
    }
    return []
  }

  /// A key goes to the dialog, else to the line being edited, else to its order in the table.
  mutating func press(_ key: Key) -> [Command] {
    // Always, even if a dialog is open.
    if key == .control("c") { return perform(.quitNow) }
    if key == .control("z") { return perform(.suspend) }
    notice = nil
    if let commands = updateDialog({ [now] in $0.press(key, now: now) }) { return commands }
    if prompt != nil { return pressInPrompt(key) }
    guard let row = OrderTable.row(for: key, in: context) else { return [] }
    guard !row.changesSomething || !settings.isReadOnly else {
      tell("read-only: \(row.label) (\(row.hint)) is switched off here", .warning)
      return []
    }
    return perform(row.order)
  }

  /// A paste is text for the line being edited; without one it does nothing.
  private mutating func paste(_ text: String) -> [Command] {
    if let commands = updateDialog({ [now] in $0.paste(text, now: now) }) { return commands }
    if prompt != nil { return pasteInPrompt(text) }
    tell("press / or : first, then paste", .info)
    return []
  }

  /// Carries out the order of a key or a word.
  mutating func perform(_ order: Order) -> [Command] {
    switch order {
    case .move(let move): return self.move(move)
    case .nextPanel: nextPanel()
    case .zoom: isZoomed.toggle()
    case .open: return open()
    case .openSecondary(let name): return openSecondary(name)
    case .back: return back()
    case .before: return neighbour(-1)
    case .after: return neighbour(1)
    case .archives: page = .archives(ArchivesPage())
    case .tags: return openTags()
    case .log: toggleLog()
    case .help: toggleHelp()
    case .copy: return copy()

    case .filter(nil): openPrompt()
    case .filter(let text?):
      focus = .events
      return applyFilter(text)
    case .commandLine: prompt = Prompt(.command)
    case .nextMatch: return nextMatch(1)
    case .previousMatch: return nextMatch(-1)
    case .mark: mark()
    case .jumpBack: return jumpBack()
    case .goto(let start): return goto(start)
    case .follow: return follow()
    case .freeze: return toggleFreeze()

    case .sort(let sorting): table.sort(by: sorting)
    case .reverseSort: table.isReversed.toggle()
    case .replay(let name, let request): return self.order(of: name) { $0.openReplay($1, request) }
    case .cancel(let name, let stay): return self.order(of: name) { $0.openCancel($1, stay: stay) }
    case .pauseOrResume: return self.order(of: nil) { $0.openPause($1) }
    case .pause(let name, let reason, let seconds, let remind):
      return self.order(of: name) {
        $0.isWatchedOnly($1)
          ? [] : [.pause(name: $1, reason: reason, seconds: seconds, remind: remind)]
      }
    case .resume(let name): return self.order(of: name) { [.resume(name: $1)] }
    case .retry(let name):
      return self.order(of: name) { $0.isWatchedOnly($1) ? [] : [.retry(name: $1)] }
    case .drive(let name): return self.order(of: name) { $0.openDrive($1) }
    case .verify(let name): return (name ?? selectedName).map { openVerify($0) } ?? []

    case .slower: return setInterval(Self.intervals.first { $0 > interval } ?? interval)
    case .faster: return setInterval(Self.intervals.last { $0 < interval } ?? interval)
    case .interval(let interval): return setInterval(interval)
    case .mouse:
      hasMouse.toggle()
      tell(
        hasMouse ? "the dashboard has the mouse; M gives it back" : "the mouse selects text again",
        .info)
      return [.screen(.mouse(hasMouse))]
    case .redraw: return [.screen(.redraw)]
    case .suspend: return [.screen(.suspend)]
    case .quit: return quit()
    case .quitNow: return quitNow()
    }
    return []
  }

  // MARK: - The poll

  /// Each step roughly doubles.
  private static let intervals: [Duration] = [
    .milliseconds(50), .milliseconds(100), .milliseconds(200), .milliseconds(500), .seconds(1),
    .seconds(2), .seconds(5), .seconds(10), .seconds(30), .seconds(60),
  ]

  private mutating func setInterval(_ interval: Duration) -> [Command] {
    tell("polling every \(Quantity.duration(interval / .seconds(1)))", .info)
    guard interval != self.interval else { return [] }
    self.interval = interval
    return [.setInterval(interval)]
  }

  /// Advances the clock, on a tick or with a look.
  private mutating func advance(to time: EventTime) -> [Command] {
    let isFirst = now == nil
    now = time
    if isFirst { for note in settings.notes { tell(note, .warning) } }
    if notice?.isOver(at: time) == true { notice = nil }
    return page.secondary?.advance(to: time) ?? []
  }

  private mutating func observe(_ observed: Observed) -> [Command] {
    latest = observed
    var commands = advance(to: max(now ?? observed.at, observed.at))
    if !isFrozen { shown = observed }
    warn(observed.primary.warnings)
    table.select(among: observed.secondaries.map(\.name))
    commands += raiseAlarm(observed)
    commands += updateDialog { $0.observe(observed) } ?? []
    if let reload = stream.reload(for: observed.primary.survey.head) { commands.append(reload) }
    return commands
  }

  /// Puts a warning into the log when it comes up; the header and the archives show those that
  /// stand.
  private mutating func warn(_ warnings: [PrimaryWarning]) {
    for warning in warnings where !warned.contains(warning.kind) {
      journal.note(warning.message, .warning, at: now)
    }
    warned = Set(warnings.map(\.kind))
  }

  /// A secondary that becomes an error rings once; the window's title shows the worst state.
  private mutating func raiseAlarm(_ observed: Observed) -> [Command] {
    let errors = observed.secondaries.filter { $0.report.severity == .error }
    let glyphs = Glyphs(isUTF8: settings.isUTF8)
    var title = "hydra-sinks \(observed.primary.persistenceDir)"
    if let first = errors.first {
      let sign = glyphs.sign(first.report.state, .error)
      let what =
        errors.count == 1 ? "\(first.name) \(first.report.word)" : "\(errors.count) errors"
      title = "\(sign) \(what) \(glyphs.dot) \(title)"
    }
    return alarm.note(Set(errors.map(\.name)), of: "", settings)
      + alarm.name(Visible.text(title, asASCII: !settings.isUTF8), settings)
  }
}
