import ArgumentParser
import Dashboard
import EventPersistence
import SecondaryStatus
import Setup
import Wording

/// `pause NAME`: stops driving the secondary until it is resumed, or for a time.
struct PauseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pause",
    abstract: "Stop driving a secondary until it is resumed, or for a time.",
    discussion: """
      After the time of --for, the driver resumes it by itself. After that of --remind, the pause \
      is a warning, and goes on. If the secondary is paused already, the options change that pause.
      """)

  @OptionGroup var secondary: SecondaryOptions

  @Option(
    name: .customLong("for"),
    help: ArgumentHelp("Resume after this time, like 2h.", valueName: "duration"))
  var duration: String?

  @Option(help: ArgumentHelp("Remind after this time, like 2h.", valueName: "duration"))
  var remind: String?

  @Option(help: ArgumentHelp("Why; status and the dashboard show it.", valueName: "text"))
  var reason: String?

  func validate() throws {
    for (option, text) in [("--for", duration), ("--remind", remind)] {
      guard let text, DurationText.parse(text) == nil else { continue }
      throw ValidationError(
        "\(option): expected \(DurationText.expectation), found \"\(text)\".")
    }
  }

  func run() async throws {
    let (setup, name) = try secondary.open()
    _ = try setup.ordered(name)
    let now = EventTime.now
    func time(_ text: String?) -> EventTime? {
      text.flatMap(DurationText.parse).map { now.advanced(bySeconds: $0.inSeconds) }
    }
    let (pause, before) = try setup.state.pause(
      name, by: setup.requester, reason: reason, until: time(remind), resumeAt: time(duration),
      at: now)
    let end =
      pause.resumeAt.map { " Its driver resumes it at \(Quantity.end($0, now: now)) UTC." } ?? ""
    let reminder =
      pause.until.map { " The pause becomes a warning at \(Quantity.end($0, now: now)) UTC." }
      ?? ""
    StandardOutput.line(
      Visible.text(
        "\(secondary.name): \(pause.brief(after: before, now: now)).\(end)\(reminder) "
          + "To resume it: hydra-sinks resume \(secondary.name)"))
  }
}

/// `resume NAME`: ends a pause.
struct ResumeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume", abstract: "Drive a paused secondary again.")

  @OptionGroup var secondary: SecondaryOptions

  func run() async throws {
    let (setup, name) = try secondary.open()
    _ = try setup.ordered(name)
    let wasPaused = try setup.state.resume(name, by: setup.requester)
    StandardOutput.line(
      wasPaused ? "\(secondary.name): resumed" : "\(secondary.name): was not paused")
  }
}

/// `retry NAME`: makes a driver that stopped, or waits before its next attempt, try now.
struct RetryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retry", abstract: "Make the driver of a stopped secondary try again now.")

  @OptionGroup var secondary: SecondaryOptions

  func run() async throws {
    let (setup, name) = try secondary.open()
    _ = try setup.ordered(name)
    try setup.state.retry(name, by: setup.requester)
    StandardOutput.line("\(secondary.name): its driver was asked to try again now")
  }
}

extension Setup {
  /// The state folder of a secondary that takes orders.
  fileprivate func ordered(_ name: String) throws(Refusal) -> SecondaryFolder {
    let folder = try folder(named: name)
    let isOnlyWatched = configuration.secondaries.contains { $0.name == name && $0.isOnlyWatched }
    if isOnlyWatched { throw onlyWatched(name) }
    return folder
  }
}
