import Foundation
import Testing

/// The pages that a driver serves.
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
}
