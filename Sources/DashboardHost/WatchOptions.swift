package import Dashboard
internal import Foundation
package import Setup
package import Terminal
package import Wording

/// The options of a dashboard on the command line.
package struct WatchOptions: Sendable {
  package let isDriving: Bool
  package let isReadOnly: Bool
  package let interval: Duration
  package let theme: ThemeName
  package let hasMouse: Bool
  package let isDemo: Bool

  package init(
    isDriving: Bool = false, isReadOnly: Bool = false, interval: Duration = .milliseconds(100),
    theme: ThemeName = .terminal, hasMouse: Bool = false, isDemo: Bool = false
  ) {
    self.isDriving = isDriving
    self.isReadOnly = isReadOnly
    self.interval = interval
    self.theme = theme
    self.hasMouse = hasMouse
    self.isDemo = isDemo
  }

  /// Opens the screen; its input goes to `inbox`.
  ///
  /// - Throws: a refusal if there is no terminal.
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
    var settings = Settings(
      persistenceDir: persistenceDir, interval: interval, isUTF8: screen.isUTF8,
      hasColors: screen.colorCount >= 8, isReadOnly: isReadOnly, theme: theme, hasMouse: hasMouse,
      ringsBell: configuration.ringsBell, setsTitle: configuration.setsTitle)
    settings.isDemo = isDemo
    settings.notes = screen.note.map { [$0] } ?? []
    return settings
  }
}
