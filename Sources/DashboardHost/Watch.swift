package import Dashboard
internal import EventPersistence
internal import Foundation
internal import HydraLog
internal import Logging
package import Setup
package import Terminal
package import Wording

/// A dashboard on a terminal: what it watches, polls, drives, and how it ends.
package struct Watch: Sendable {
  package let setup: Setup
  package let options: WatchOptions

  private let inbox = Inbox()

  package init(setup: Setup, options: WatchOptions) {
    self.setup = setup
    self.options = options
  }

  /// Runs until the user, a signal or the vanished terminal ends it; what is driven here ends at the end of
  /// the batch in hand.
  ///
  /// - Throws: a refusal where there is no terminal to show anything on.
  package func run() async throws {
    let source = try setup.source()
    let screen = try options.screen(inbox)
    defer { screen.close() }
    let settings = options.settings(of: setup.configuration, source.path, on: screen)
    let runner = CommandRunner(
      setup: setup, source: source, tail: EventTail(source: source), inbox: inbox,
      interval: WatchInterval(options.interval),
      searcher: LogSearcher(source: source, inbox: inbox),
      copy: { screen.perform(.copy($0)) })
    // Nobody reads a log line while the screen is drawn on; `status` and the next `run` say the same.
    let keeper = PrimaryKeeper(
      source: source, setup: setup,
      log: Logger(label: "hydra-sinks") { _ in SwiftLogNoOpLogHandler() })
    let poll = WatchPoll(runner: runner, observer: try setup.observer(source))

    await withDiscardingTaskGroup { group in
      group.addTask { await poll.run() }
      group.addTask { await keeper.keep { runner.hasDriven } }
      for note in setup.notes { inbox.tell(.configured(.note(note))) }
      if options.isDriving {
        for secondary in setup.configuration.secondaries where !secondary.isOnlyWatched {
          group.addTask { await runner.drive(secondary.name, isAnswered: false) }
        }
      }
      let model = Model(settings: settings, width: screen.columns, height: screen.lines)
      let end = await DashboardLoop(inbox: inbox, screen: screen, model: model)
        .run(&group) { runner.start($0, in: &$1) }
      screen.close()
      if case .quit(.cancel(let names)) = end { await runner.cancelReplays(of: names) }
      if !(runner.drivenHere.all + runner.replaysHere.all).isEmpty, end != .vanished {
        StandardError.say("ending with the batches in hand; Ctrl-C ends at once")
      }
      group.cancelAll()
    }
    // The batches that were in hand.
    if runner.hasDriven { keeper.write() }
  }
}

/// How a dashboard is to be, as the command line says it.
package struct WatchOptions: Sendable {
  package var isDriving = false
  package var isReadOnly = false
  package var interval = Duration.milliseconds(100)
  package var theme = ThemeName.terminal
  package var hasMouse = false

  package init(
    isDriving: Bool = false, isReadOnly: Bool = false,
    interval: Duration = Duration.milliseconds(100), theme: ThemeName = ThemeName.terminal,
    hasMouse: Bool = false
  ) {
    self.isDriving = isDriving
    self.isReadOnly = isReadOnly
    self.interval = interval
    self.theme = theme
    self.hasMouse = hasMouse
  }

  /// The terminal, whose input goes to `inbox`.
  ///
  /// - Throws: a refusal where there is none.
  package func screen(_ inbox: Inbox) throws(Refusal) -> Screen {
    let environment = ProcessInfo.processInfo.environment
    do {
      return try Screen(
        wantsColors: theme != .mono && environment["NO_COLOR"].map(\.isEmpty) ?? true,
        environment: environment, onMessage: { inbox.put(.input($0)) },
        onEnd: { inbox.put(.ended($0 == .vanished ? .vanished : .terminated)) })
    } catch {
      throw Refusal(.error, error.message)
    }
  }

  package func settings(
    of configuration: Configuration, _ persistenceDir: String, on screen: Screen
  ) -> Settings {
    Settings(
      persistenceDir: persistenceDir, interval: interval, isUTF8: screen.isUTF8,
      hasColors: screen.colorCount >= 8, isReadOnly: isReadOnly, theme: theme, hasMouse: hasMouse,
      ringsBell: configuration.ringsBell, setsTitle: configuration.setsTitle)
  }
}
