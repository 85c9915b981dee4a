import Dashboard
import EventPersistence
import Foundation
import HydraLog
import Terminal

/// A dashboard on a terminal: what it watches, polls, drives, and how it ends.
struct Watch: Sendable {
  let setup: Setup
  let isDriving: Bool
  let isReadOnly: Bool
  let interval: Duration
  let theme: ThemeName
  let hasMouse: Bool

  private let inbox = Inbox()

  init(
    setup: Setup, isDriving: Bool, isReadOnly: Bool, interval: Duration,
    theme: ThemeName = .terminal, hasMouse: Bool = false
  ) {
    self.setup = setup
    self.isDriving = isDriving
    self.isReadOnly = isReadOnly
    self.interval = interval
    self.theme = theme
    self.hasMouse = hasMouse
  }

  /// Runs until the user, a signal or the vanished terminal ends it; what is driven here ends at the end of
  /// the batch in hand.
  ///
  /// - Throws: a refusal where there is no terminal to show anything on.
  func run() async throws {
    let source = try setup.source()
    let environment = ProcessInfo.processInfo.environment
    let screen: Screen
    do {
      screen = try Screen(
        wantsColors: theme != .mono && environment["NO_COLOR"].map(\.isEmpty) ?? true,
        environment: environment
      ) { [inbox] in inbox.put(.input($0)) }
    } catch {
      throw Refusal(.error, error.message)
    }
    defer { screen.close() }
    let settings = Settings(
      persistenceDir: source.path, interval: interval, isUTF8: screen.isUTF8,
      hasColors: screen.colorCount >= 8, isReadOnly: isReadOnly, theme: theme,
      hasMouse: hasMouse, ringsBell: setup.configuration.ringsBell,
      setsTitle: setup.configuration.setsTitle)
    let runner = CommandRunner(
      setup: setup, source: source, tail: EventTail(source: source), inbox: inbox,
      interval: WatchInterval(interval), searcher: LogSearcher(source: source, inbox: inbox),
      copy: { screen.perform(.copy($0)) })
    let poll = WatchPoll(runner: runner, observer: try setup.observer(source))

    await withDiscardingTaskGroup { group in
      group.addTask { await poll.run() }
      for note in setup.notes { inbox.tell(.configured(.note(note))) }
      if isDriving {
        for secondary in setup.configuration.secondaries where !secondary.isOnlyWatched {
          group.addTask { await runner.drive(secondary.name, isAnswered: false) }
        }
      }
      let end = await DashboardLoop(inbox: inbox, screen: screen, settings: settings)
        .run(&group) { runner.start($0, in: &$1) }
      screen.close()
      if case .quit(.cancel(let names)) = end { await runner.cancelReplays(of: names) }
      if !(runner.drivenHere.all + runner.replaysHere.all).isEmpty, end != .vanished {
        StandardError.say("ending with the batches in hand; Ctrl-C ends at once")
      }
      group.cancelAll()
    }
  }
}
