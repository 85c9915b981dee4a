import ArgumentParser
import Metrics
import Wording

/// `print WHAT`: what Prometheus and Grafana need.
struct PrintCommand: ParsableCommand {
  enum What: String, CaseIterable, ExpressibleByArgument {
    case alerts, grafana
  }

  static let configuration = CommandConfiguration(
    commandName: "print",
    abstract: "Print a file for Prometheus or Grafana.",
    discussion: """
      alerts: rules for Prometheus. grafana: a dashboard, to be imported into Grafana. Redirect the \
      output to a file: hydra-sinks print alerts > hydra-sinks-alerts.yml
      """)

  @Argument(help: ArgumentHelp("alerts or grafana.", valueName: "what"))
  var what: What

  @Option(
    help: ArgumentHelp(
      "Where the alerts' links to the guides lead: the address of the folder.", valueName: "url"))
  var runbook = "file:///usr/share/doc/hydra-sinks/guides"

  func run() {
    switch what {
    case .alerts: StandardOutput.write(AlertRules(runbook: runbook).yaml)
    case .grafana: StandardOutput.write(GrafanaDashboard().json)
    }
  }
}
