internal import SecondaryStatus
internal import Wording
import EventPersistence

extension Model {
  /// Does what a key, or its form on the command line, stands for.
  mutating func perform(_ action: Action) -> [Command] {
    switch action {
    case .up: return move(.up)
    case .down: return move(.down)
    case .pageUp: return move(.pageUp)
    case .pageDown: return move(.pageDown)
    case .halfUp: return move(.halfUp)
    case .halfDown: return move(.halfDown)
    case .first: return move(.first)
    case .last: return move(.last)
    case .nextPanel: nextPanel()
    case .zoom: isZoomed.toggle()
    case .open: return open()
    case .back: return back()
    case .before: return neighbour(-1)
    case .after: return neighbour(1)
    case .archives: page = .archives(ArchivesPage())
    case .log:
      if case .log(_, let behind) = page {
        page = behind
      } else {
        page = .log(TextPage(), behind: page)
      }
    case .mark: mark()
    case .jumpBack: return jumpBack()
    case .mouse:
      hasMouse.toggle()
      tell(hasMouse ? "the mouse is ours; M gives it back" : "the mouse selects text again", .info)
      return [.mouse(hasMouse)]
    case .filter: openPrompt()
    case .commandLine: prompt = Prompt(.command)
    case .nextMatch: return nextMatch(1)
    case .previousMatch: return nextMatch(-1)
    case .follow: return follow()
    case .freeze: return toggleFreeze()
    case .sort:
      let orders = SecondaryTable.Order.allCases
      let index = orders.firstIndex(of: table.order)!
      table.order = orders[(index + 1) % orders.count]
      table.isReversed = false
    case .reverseSort: table.isReversed.toggle()
    case .copy: return copy()
    case .slower: return setInterval(Self.intervals.first { $0 > interval } ?? interval)
    case .faster: return setInterval(Self.intervals.last { $0 < interval } ?? interval)
    case .redraw: return [.redraw]
    case .suspend: return [.suspend]
    case .help:
      if case .help(_, let behind) = page {
        page = behind
      } else {
        page = .help(TextPage(), behind: page)
      }
    case .quit: return quit()
    case .quitNow: return [.quit(namesReplayingHere.isEmpty ? .none : .leave)]
    case .replay, .cancelReplay, .pause, .retry, .drive: return order(action)
    case .verify: return selectedName.map { openVerify($0) } ?? []
    }
    return []
  }

  private mutating func order(_ action: Action) -> [Command] {
    guard !settings.isReadOnly else {
      tell("read-only: nothing can be ordered from here", .warning)
      return []
    }
    guard let name = selectedName else {
      tell("there is no secondary to order anything of", .warning)
      return []
    }
    switch action {
    case .replay: return openReplay(name, ReplayRequest())
    case .cancelReplay: return openCancel(name, stay: false)
    case .pause: return openPause(name)
    case .drive: return openDrive(name)
    default: return isWatchedOnly(name) ? [] : [.retry(name: name)]
    }
  }

  /// Each step about doubles.
  static let intervals: [Duration] = [
    .milliseconds(50), .milliseconds(100), .milliseconds(200), .milliseconds(500), .seconds(1),
    .seconds(2), .seconds(5), .seconds(10), .seconds(30), .seconds(60),
  ]

  mutating func setInterval(_ interval: Duration) -> [Command] {
    tell("polling each \(Quantity.duration(interval / .seconds(1)))", .info)
    guard interval != self.interval else { return [] }
    self.interval = interval
    return [.setInterval(interval)]
  }

  private mutating func copy() -> [Command] {
    switch page {
    case .overview where focus == .events:
      guard case .row(let row)? = stream.selectedItem else { return [] }
      return [.copyEvent(row.position)]
    case .event(let event):
      guard let line = event.selectedLine, let detail = event.detail else { return [] }
      switch line.kind {
      case .string, .number, .literal:
        tell("copied the value", .ok)
        return [.copy(detail.tokens[line.token].text)]
      case .open, .close, .key: return [.copyEvent(event.position)]
      }
    case .overview, .secondary:
      guard let name = selectedName, let report = secondary(name)?.report else { return [] }
      tell(report.lastError == nil ? "copied the name" : "copied the error", .ok)
      return [.copy(report.lastError ?? name)]
    case .archives, .log, .help: return []
    }
  }

  /// The secondaries whose replay ends with this process: ordered here, or of a driver that is here.
  private var namesReplayingHere: [String] {
    let driven = (latest?.secondaries ?? []).filter {
      $0.isDrivenHere && $0.report.replay != nil
    }
    return Set(replaysHere.keys).union(driven.map(\.name)).sorted()
  }

  private mutating func quit() -> [Command] {
    let names = namesReplayingHere
    guard !names.isEmpty else { return [.quit(.none)] }
    dialog = .question(
      Question(
        title: "Quit",
        lines: [
          "The replay of \(names.joined(separator: ", ")) runs in this process.",
          "Left, it stands until a driver or --resume takes it up.",
          "Cancelled, the checkpoint of a rewind goes back to where it was.",
        ],
        back: "Stay",
        answers: [
          ("Quit, leave it to be resumed", [.quit(.leave)]),
          ("Quit, cancel it", [.quit(.cancel(names: names))]),
        ]))
    return []
  }
}
