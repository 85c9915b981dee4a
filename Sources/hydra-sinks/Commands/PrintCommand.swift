import ArgumentParser
import Metrics
import Setup
import Wording

/// `print WHAT`: what a service, Prometheus or Grafana needs.
struct PrintCommand: ParsableCommand {
  enum What: String, CaseIterable, ExpressibleByArgument {
    case config, systemd, compose, alerts, grafana
  }

  static let configuration = CommandConfiguration(
    commandName: "print",
    abstract: "Print a file that a service, a container, Prometheus, or Grafana needs.",
    discussion: """
      config: a configuration to begin with, all commented out. systemd: a service that runs your \
      configuration. compose: containers of your nodes, and one that runs your configuration beside \
      them. alerts: rules for Prometheus. grafana: a dashboard, to be imported into Grafana.

      Redirect the output to a file: hydra-sinks print alerts > hydra-sinks-alerts.yml
      """)

  @OptionGroup var options: SetupOptions

  @Argument(help: ArgumentHelp("config, systemd, compose, alerts or grafana.", valueName: "what"))
  var what: What

  @Option(
    help: ArgumentHelp(
      "Where the alerts' links to the guides lead: the address of the folder.", valueName: "url"))
  var runbook = "file:///usr/share/doc/hydra-sinks/guides"

  @Option(
    help: ArgumentHelp(
      "Whom the service runs as. Default: hydra-sinks; in a container \(ComposeFile.user).",
      valueName: "user"))
  var user: String?

  @Option(help: ArgumentHelp("Where the program is installed.", valueName: "path"))
  var program = "/usr/bin/hydra-sinks"

  func run() throws {
    switch what {
    case .config: StandardOutput.write(ConfigurationExample.text)
    case .systemd:
      let unit = SystemdUnit(
        try options.nodes().here, program: program, user: user ?? "hydra-sinks")
      StandardOutput.write(unit.text)
    case .compose:
      let file = ComposeFile(try options.nodes().here, user: user ?? ComposeFile.user)
      StandardOutput.write(file.text)
    case .alerts: StandardOutput.write(AlertRules(runbook: runbook).yaml)
    case .grafana: StandardOutput.write(GrafanaDashboard().json)
    }
  }
}
