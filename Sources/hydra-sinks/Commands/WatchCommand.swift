import ArgumentParser
import Dashboard
import DashboardHost
import EventPersistence
import Foundation
import Logging
import Setup
import Terminal
import Wording

/// `watch`: the dashboard.
struct WatchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch",
    abstract: "The dashboard: the node's events, each secondary's lag, and replays.",
    discussion: """
      It needs the drivers' state directory, and read access to the node's directory. Its keys:

      \(OrderTable.manual)
      """)

  @OptionGroup var options: SetupOptions

  @Argument(
    help: ArgumentHelp(
      """
      Persistence directories, or names of configured nodes. Default: the configured nodes, else \
      the hydra-nodes that run on this machine.
      """, valueName: "dir"))
  var directories: [String] = []

  @Flag(help: "Also drive all secondaries in this process.")
  var drive = false

  @Flag(help: "Offer nothing that changes anything.")
  var readOnly = false

  @Option(
    help: ArgumentHelp("How often to look, like 100ms or 2s.", valueName: "duration"),
    transform: WatchCommand.interval)
  var interval = Duration.milliseconds(100)

  @Option(
    help: ArgumentHelp(
      "dark, light or mono; without it, the terminal's own colours.", valueName: "theme"),
    transform: WatchCommand.theme)
  var theme = ThemeName.terminal

  @Flag(
    help: "Use the mouse: click rows and hints, turn the wheel. M gives it back to the terminal.")
  var mouse = false

  @Flag(
    help:
      "Print one frame (of several nodes: the view of all) as text and exit; needs no terminal."
  )
  var once = false

  func validate() throws {
    if drive, readOnly {
      throw ValidationError("--drive changes what --read-only protects: use one of the two.")
    }
    if once, drive {
      throw ValidationError("--once prints one frame and exits: it cannot --drive.")
    }
  }

  func run() async throws {
    let entrance = WatchEntrance(options: options, directories: directories)
    if once {
      let nodes =
        switch try entrance.open() {
        case .nodes(let nodes): nodes
        case .wrong(let refusal, _): throw refusal
        // What that lacks is refused with what to do.
        case .none: try options.nodes(directories: directories)
        }
      return try await WatchOnce(nodes: nodes, interval: interval).print()
    }
    let how = WatchOptions(
      isDriving: drive, isReadOnly: readOnly, interval: interval, theme: theme, hasMouse: mouse)
    while true {
      switch try entrance.open() {
      case .nodes(let nodes):
        let watch = Watch(nodes: nodes, options: how)
        guard drive else {
          try await watch.run()
          return
        }
        // A line of a log would not be seen while the dashboard is on the screen.
        let log = Logger(label: "hydra-sinks") { _ in SwiftLogNoOpLogHandler() }
        _ = try await nodes.servingMetrics(log: log) { try await watch.run() }
        return
      case .none(let advice):
        try await wait(advice, entrance, after: nil, how)
      case .wrong(let refusal, let advice):
        guard isatty(STDOUT_FILENO) == 1 else { throw refusal }
        try await wait(advice, entrance, after: refusal, how)
      }
    }
  }

  /// Shows `advice` until there is a node to open.
  private func wait(
    _ advice: [String], _ entrance: WatchEntrance, after refusal: Refusal?, _ how: WatchOptions
  ) async throws {
    let end = try await Watch(
      nodes: NodeSet(members: [], isSeveral: true), options: how, advice: advice,
      isReady: { entrance.isReady(after: refusal) }
    ).run()
    guard end == .found else { throw Exit(refusal?.status ?? .unknown) }
  }

  private static func theme(_ text: String) throws -> ThemeName {
    guard let theme = ThemeName(rawValue: text) else {
      throw ValidationError("--theme: expected dark, light or mono, found \"\(text)\".")
    }
    return theme
  }

  /// Between 20 ms, which is more often than a person can see, and an hour.
  private static func interval(_ text: String) throws -> Duration {
    guard let interval = DurationText.parse(text),
      (.milliseconds(20)...Duration.seconds(3600)).contains(interval)
    else {
      throw ValidationError(
        "--interval: expected a duration from 20ms to 1h, like 100ms or 2s, found \"\(text)\".")
    }
    return interval
  }
}
