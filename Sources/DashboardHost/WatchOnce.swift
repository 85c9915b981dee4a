internal import Dashboard
internal import EventPersistence
internal import Foundation
internal import HydraLog
internal import SecondaryStatus
package import Setup
internal import Terminal
internal import Wording

/// `watch --once`: one frame as plain text, for a bug report or for cron.
package struct WatchOnce {
  package let setup: Setup
  package let interval: Duration

  package init(
    setup: Setup, interval: Duration
  ) {
    self.setup = setup
    self.interval = interval
  }

  /// Looks twice, a second apart, so that there are rates to show, and prints the frame.
  package func print() async throws {
    let source = try setup.source()
    let observer = try setup.observer(source)
    let size = Screen.size ?? (columns: 132, lines: 40)
    var model = Model(
      settings: Settings(
        persistenceDir: source.path, interval: interval, isUTF8: Screen.isLocaleUTF8,
        hasColors: false, isReadOnly: true), width: size.columns, height: size.lines)
    var commands = model.start()
    for note in setup.notes { commands += model.update(.configured(.note(note))) }
    var trend = PrimaryTrend()
    for isLast in [false, true] {
      let observation = await observer.look()
      trend.observe(observation.survey, at: observation.instant / .seconds(1))
      commands += model.update(.tick(observation.at))
      commands += model.update(
        .observed(
          Observed(observation, trend: trend, setup: setup, drivenHere: NamesHere())))
      if !isLast { try await Task.sleep(for: .seconds(1)) }
    }
    for case .load(let request) in commands {
      do throws(SourceError) {
        let loaded = try await EventPages(source: source).load(request)
        _ = model.update(.loaded(loaded))
      } catch {
        _ = model.update(.loadFailed(request, error.message))
      }
    }
    var text = model.view().plainText
    while text.hasSuffix("\n") { text.removeLast() }
    StandardOutput.line(text)
  }
}
