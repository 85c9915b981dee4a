import Foundation
import Loopback

/// A Prometheus and an Alertmanager of a test's own, on loopback; ended with the value.
final class PrometheusServer {
  /// What the Alertmanager would send.
  struct Alert: CustomStringConvertible {
    var name: String
    /// What it is about: `NAME` or `NODE/NAME`, else a node, else the address of a driver.
    var subject: String
    var summary: String
    var runbook: String

    init?(_ document: [String: Any]) {
      guard let labels = document["labels"] as? [String: String], let name = labels["alertname"],
        let annotations = document["annotations"] as? [String: String]
      else { return nil }
      self.name = name
      subject =
        labels["secondary"].map { secondary in
          (labels["node"].map { "\($0)/" } ?? "") + secondary
        } ?? labels["node"] ?? labels["instance"] ?? ""
      summary = annotations["summary"] ?? ""
      runbook = annotations["runbook_url"] ?? ""
    }

    var description: String { "\(name) \(subject)" }
  }

  private static let share = GuidePage.root.path + "/.build/prometheus/usr/share"
  private static let programs = share.replacing("/usr/share", with: "/usr/bin")

  static let isInstalled =
    FileManager.default.fileExists(atPath: programs + "/prometheus") && MountNamespace.isPossible

  private let folder: CLIFolder
  private let managerPort: Int
  private let manager: CLIRun
  private let server: CLIRun

  /// - Parameter rules: a rules file; each of its alerts fires at once.
  init(scraping addresses: [String], rules: String) throws {
    folder = try CLIFolder()
    // The waits of minutes would be a test of Prometheus.
    try folder.write(rules.replacing(/for: [0-9]+m/, with: "for: 0s"), to: "alerts.yml")
    let port = try Loopback.freePort()
    managerPort = try Loopback.freePort()
    let targets = addresses.map { "'\($0)'" }.joined(separator: ", ")
    try folder.write(
      """
      global: { scrape_interval: 2s, evaluation_interval: 500ms }
      scrape_configs:
        - { job_name: hydra-sinks, static_configs: [{ targets: [\(targets)] }] }
      rule_files: [alerts.yml]
      alerting: { alertmanagers: [{ static_configs: [{ targets: ['127.0.0.1:\(managerPort)'] }] }] }

      """, to: "prometheus.yml")
    try folder.write(
      "route: { receiver: none, group_wait: 0s }\nreceivers: [{ name: none }]\n",
      to: "alertmanager.yml")
    // It finds its templates only where its package would have installed them.
    manager = try MountNamespace.start(
      [
        "--config.file=alertmanager.yml", "--storage.path=am", "--cluster.listen-address=",
        "--web.listen-address=127.0.0.1:\(managerPort)",
      ], behind: "mount -t overlay overlay -o 'lowerdir=\(Self.share):/usr/share' /usr/share",
      in: folder, program: "\(Self.programs)/prometheus-alertmanager")
    server = try CLIRun(
      [
        "--config.file=prometheus.yml", "--storage.tsdb.path=tsdb",
        "--web.listen-address=127.0.0.1:\(port)",
      ], in: folder.path, environment: folder.environment,
      program: "\(Self.programs)/prometheus")
  }

  deinit { for run in [manager, server] { run.send(SIGKILL) } }

  /// The alerts that fire now.
  func alerts() async throws -> [Alert] {
    let page = try await WebPage.awaited(
      "http://127.0.0.1:\(managerPort)/api/v2/alerts?active=true")
    let alerts = try JSONSerialization.jsonObject(with: page.body) as? [[String: Any]] ?? []
    return alerts.compactMap(Alert.init)
  }

  /// What promtool finds in a rules file and in a page of metrics; empty if both are well.
  static func faults(rules: String, metrics: String) async throws -> String {
    let folder = try CLIFolder()
    try folder.write(rules, to: "alerts.yml")
    try folder.write(metrics, to: "metrics.txt")
    let script =
      "\(programs)/promtool check rules alerts.yml >/dev/null && "
      + "\(programs)/promtool check metrics <metrics.txt"
    let outcome = try await CLIRun(
      ["-c", script], in: folder.path, environment: folder.environment, program: "/bin/sh"
    ).end()
    return outcome.code == 0 ? "" : "\(outcome)"
  }
}
