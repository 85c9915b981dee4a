import ArgumentParser
import Dashboard
import EventPersistence
import SecondaryStatus
import Setup
import Wording

/// `pause NAME`: the secondary is not driven until it is resumed.
struct PauseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pause",
    abstract: "Do not drive a secondary, on purpose, until it is resumed.",
    discussion: """
      --for says when somebody wants to be reminded: past it the pause is a warning, and goes on.
      """)

  @OptionGroup var secondary: SecondaryOptions

  @Option(
    name: .customLong("for"), help: ArgumentHelp("Like 2h.", valueName: "duration"))
  var duration: String?

  @Option(help: ArgumentHelp("Why, for whoever wonders.", valueName: "text"))
  var reason: String?

  func validate() throws {
    if let duration, DurationText.parse(duration) == nil {
      throw ValidationError(
        "--for: expected \(DurationText.expectation), found \"\(duration)\".")
    }
  }

  func run() async throws {
    let (setup, name) = try secondary.open()
    _ = try setup.ordered(name)
    let now = EventTime.now
    let until = duration.flatMap(DurationText.parse).map { now.advanced(bySeconds: $0.inSeconds) }
    try setup.state.pause(name, by: setup.requester, reason: reason, until: until, at: now)
    let reminder = until.map { ", until \(Quantity.since($0, now: now)) UTC" } ?? ""
    StandardOutput.line(
      "\(secondary.name): paused\(reminder). To go on: hydra-sinks resume \(secondary.name)")
  }
}

/// `resume NAME`: takes a pause back.
struct ResumeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume", abstract: "Drive a paused secondary again.")

  @OptionGroup var secondary: SecondaryOptions

  func run() async throws {
    let (setup, name) = try secondary.open()
    _ = try setup.ordered(name)
    let wasPaused = try setup.state.resume(name, by: setup.requester)
    StandardOutput.line(
      wasPaused ? "\(secondary.name): resumed" : "\(secondary.name): it was not paused")
  }
}

/// `retry NAME`: a driver that stopped, or waits before its next attempt, tries now.
struct RetryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retry", abstract: "Have a stopped secondary's driver try again now.")

  @OptionGroup var secondary: SecondaryOptions

  func run() async throws {
    let (setup, name) = try secondary.open()
    _ = try setup.ordered(name)
    try setup.state.retry(name, by: setup.requester)
    StandardOutput.line("\(secondary.name): its driver was asked to try again now")
  }
}

/// `adopt NAME`: binds a state folder to what the configuration says now.
struct AdoptCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "adopt",
    abstract: "Accept a state folder that belongs to another log, kind or target.",
    discussion: """
      Its checkpoint stays, and says from now on what the sink as configured has stored. Only whoever \
      moved a sink or a log knows that this is true.
      """)

  @OptionGroup var secondary: SecondaryOptions

  func run() async throws {
    let (setup, name) = try secondary.open()
    if try setup.secondary(named: name).isOnlyWatched { throw setup.onlyWatched(name) }
    guard let description = try setup.descriptions().first(where: { $0.name == name }) else {
      return
    }
    let old = try setup.state.adopt(
      name, kind: description.kind, target: description.target,
      persistenceDir: description.persistenceDir, by: setup.requester)
    let now = "\(description.kind) \(description.target) of \(description.persistenceDir)"
    let before = old.map { "\($0.kind) \($0.target) of \($0.persistenceDir)" }
    let sentence =
      before == now
      ? "it is bound to \(now) already; nothing was changed"
      : "bound to \(now)" + (before.map { "; it belonged to \($0)" } ?? "")
    StandardOutput.line(Visible.text("\(secondary.name): \(sentence)"))
  }
}

extension Setup {
  /// The state folder of a secondary that orders can be given to.
  fileprivate func ordered(_ name: String) throws(Refusal) -> SecondaryFolder {
    let folder = try folder(named: name)
    let isOnlyWatched = configuration.secondaries.contains { $0.name == name && $0.isOnlyWatched }
    if isOnlyWatched { throw onlyWatched(name) }
    return folder
  }
}
