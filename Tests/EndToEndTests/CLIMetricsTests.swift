import Foundation
import Loopback
import Testing

/// The pages that a driver serves, and Prometheus on them.
@Suite("the command line: metrics")
struct CLIMetricsTests {
  private func value(_ series: String, in page: WebPage) -> Double? {
    page.text.split(separator: "\n").first { $0.hasPrefix(series + " ") }
      .flatMap { Double($0.dropFirst(series.count + 1)) }
  }

  @Test("a driver serves its metrics, and says whether it is alive and ready")
  func pages() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(200)
    try folder.configure(
      "{name: archive, kind: file, path: archive}",
      "{name: audit, kind: command, command: [./audit]}",
      more: "metrics: 127.0.0.1:0\n")
    let driver = try folder.start(["run"])
    let address = try await driver.metricsAddress()
    try await eventually("everything in the metrics") {
      let page = try await WebPage("\(address)/metrics")
      return value("hydra_sinks_secondary_checkpoint_event_id{secondary=\"archive\"}", in: page)
        == 199
        && value(
          "hydra_sinks_secondary_state{secondary=\"audit\",kind=\"command\",state=\"stalled\"}",
          in: page) == 1
    }
    let page = try await WebPage("\(address)/metrics")
    #expect(page.status == 200 && page.type == "text/plain; version=0.0.4; charset=utf-8")
    #expect(value("hydra_sinks_primary_head_event_id", in: page) == 199)
    #expect(value("hydra_sinks_secondary_lag_events{secondary=\"archive\"}", in: page) == 0)
    #expect(value("hydra_sinks_secondary_lag_events{secondary=\"audit\"}", in: page) == 200)
    let delivered = page.text.split(separator: "\n")
      .filter { $0.hasPrefix("hydra_sinks_delivered_events_total{secondary=\"archive\"") }
      .compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }
    #expect(delivered.reduce(0, +) == 200)
    let head = try await WebPage("\(address)/metrics", method: "HEAD")
    #expect(head.status == 200 && head.body.isEmpty)
    #expect(try await WebPage("\(address)/metrics", method: "POST").status == 405)
    #expect(try await WebPage("\(address)/").status == 404)
    let health = try await WebPage("\(address)/healthz")
    #expect(health.status == 200 && health.text == "ok: 2 loops\n")
    #expect(try await WebPage("\(address)/readyz").status == 200)
    // Without its log it is alive, and not ready.
    rename(folder.log, "\(folder.path)/away")
    try await eventually("not to be ready") {
      let page = try await WebPage("\(address)/readyz")
      return page.status == 503 && page.text.contains("does not exist")
    }
    #expect(try await WebPage("\(address)/healthz").status == 200)
    driver.send(SIGTERM)
    #expect(try await driver.end().code == 0)
  }

  @Test("an address that is in use is an error of the log, and driving goes on")
  func inUse() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(50)
    try folder.configure("{name: a, kind: file, path: a}", more: "metrics: 127.0.0.1:0\n")
    let first = try folder.start(["run"])
    let address = try await first.metricsAddress().dropFirst("http://".count)
    let other = try CLIFolder()
    try await other.simulate(50)
    try other.configure("{name: b, kind: file, path: b}", more: "metrics: \(address)\n")
    let second = try await other.run("run", "--until-head")
    #expect(second.code == 0 && other.checkpoint("b") == 49, "\(second)")
    #expect(second.errors.contains("metrics: \(address) could not be listened on"), "\(second)")
  }

  // MARK: - Prometheus

  private static let share =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path + "/.build/prometheus/usr/share"
  private static let programs = share.replacing("/usr/share", with: "/usr/bin")
  static let hasPrometheus =
    FileManager.default.fileExists(atPath: programs + "/prometheus") && MountNamespace.isPossible

  @Test(
    "Prometheus takes the metrics and the alerts; an alert fires for a fault, and ends with it",
    .enabled(if: hasPrometheus, "needs Prometheus, which Tests/run installs, and mounts of its own")
  )
  func alerts() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(200)
    try folder.configure(
      "{name: archive, kind: file, path: archive}",
      "{name: audit, kind: command, command: [./audit]}",
      more: "metrics: 127.0.0.1:0\n")
    let driver = try folder.start(["run"])
    let address = try await driver.metricsAddress()
    try folder.write(try await WebPage("\(address)/metrics").text, to: "metrics.txt")
    let rules = try await folder.run("print", "alerts")
    #expect(rules.code == 0)
    // The waits of minutes would be a test of Prometheus.
    try folder.write(rules.text.replacing(/for: [0-9]+m/, with: "for: 0s"), to: "alerts.yml")
    try await check("promtool", ["check", "rules", "alerts.yml"], in: folder)
    try await check(
      "sh", ["-c", "\(Self.programs)/promtool check metrics < metrics.txt"], in: folder)

    let ports = try (0..<2).map { _ in try Loopback.freePort() }
    try folder.write(
      """
      global: { scrape_interval: 500ms, evaluation_interval: 500ms }
      scrape_configs:
        - { job_name: hydra-sinks, static_configs: [{ targets: ['\(address.dropFirst(7))'] }] }
      rule_files: [alerts.yml]
      alerting: { alertmanagers: [{ static_configs: [{ targets: ['127.0.0.1:\(ports[1])'] }] }] }

      """, to: "prometheus.yml")
    try folder.write(
      "route: { receiver: none, group_wait: 0s }\nreceivers: [{ name: none }]\n",
      to: "alertmanager.yml")
    // It finds its templates only where its package would have installed them.
    let manager = try MountNamespace.start(
      [
        "--config.file=alertmanager.yml", "--storage.path=am", "--cluster.listen-address=",
        "--web.listen-address=127.0.0.1:\(ports[1])",
      ], behind: "mount -t overlay overlay -o 'lowerdir=\(Self.share):/usr/share' /usr/share",
      in: folder, program: "\(Self.programs)/prometheus-alertmanager")
    let prometheus = try program(
      "prometheus",
      [
        "--config.file=prometheus.yml", "--storage.tsdb.path=tsdb",
        "--web.listen-address=127.0.0.1:\(ports[0])",
      ], in: folder)
    defer { for run in [manager, prometheus] { run.send(SIGKILL) } }

    func firing() async throws -> [String] {
      let page = try await WebPage.awaited("http://127.0.0.1:\(ports[1])/api/v2/alerts?active=true")
      let alerts = try JSONSerialization.jsonObject(with: page.body) as? [[String: Any]] ?? []
      return alerts.compactMap { $0["labels"] as? [String: String] }
        .map { "\($0["alertname"] ?? "") \($0["secondary"] ?? "")" }
    }
    try await eventually("the alert about the missing program", within: .seconds(120)) {
      try await firing().contains("HydraSinksStalled audit")
    }
    #expect(try await !firing().contains { $0.hasSuffix(" archive") })
    try folder.write("#!/bin/sh\nexec cat >/dev/null\n", to: "audit", mode: 0o700)
    let replay = try await folder.run("replay", "audit", "--execute")
    #expect(replay.code == 0, "\(replay)")
    try await eventually("the end of the alert", within: .seconds(120)) {
      try await !firing().contains { $0 == "HydraSinksStalled audit" || $0 == "HydraSinksDown " }
    }
    driver.send(SIGTERM)
    #expect(try await driver.end().code == 0)
    try await eventually("the alert about the driver", within: .seconds(120)) {
      try await firing().contains("HydraSinksDown ")
    }
  }

  private func program(_ name: String, _ arguments: [String], in folder: CLIFolder) throws -> CLIRun
  {
    let path = name == "sh" ? "/bin/sh" : "\(Self.programs)/\(name)"
    return try CLIRun(
      arguments, in: folder.path, environment: folder.environment, program: path)
  }

  private func check(_ name: String, _ arguments: [String], in folder: CLIFolder) async throws {
    let outcome = try await program(name, arguments, in: folder).end()
    #expect(outcome.code == 0, "\(outcome)")
  }
}
