import ArgumentParser
import CBuild
import DashboardHost

/// The root of the command tree.
struct HydraSinks: AsyncParsableCommand {
  static let version = "0.1.0"

  /// The version, and the commit behind it if the build was told.
  static let versionAndCommit: String = {
    let commit = String(cString: cbuild_commit())
    return commit.isEmpty ? version : "\(version) (commit \(commit))"
  }()

  static let configuration = CommandConfiguration(
    commandName: "hydra-sinks",
    abstract: "Watch a hydra-node's log, see how far each secondary sink lags, re-drive one.",
    discussion: """
      Start with `hydra-sinks demo`: a simulated node, sinks in different states, and the dashboard.
      Or point it at a node: `hydra-sinks watch /var/lib/hydra`.
      """,
    version: versionAndCommit,
    subcommands: [
      WatchCommand.self,
      RunCommand.self, StatusCommand.self, EventsCommand.self, ReplayCommand.self,
      CancelCommand.self,
      PauseCommand.self, ResumeCommand.self, RetryCommand.self, ArchivesCommand.self,
      VerifyCommand.self, RestoreCommand.self,
      ForgetCommand.self, AdoptCommand.self, CheckCommand.self, FeedCheckCommand.self,
      PrintCommand.self, DemoCommand.self, SimulateCommand.self,
    ])
}
