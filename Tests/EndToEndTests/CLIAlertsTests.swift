import Foundation
import Testing

/// The alerts that are shipped, in a real Prometheus and a real Alertmanager.
@Suite(
  "the command line: alerts",
  .enabled(
    if: PrometheusServer.isInstalled,
    "needs Prometheus, which Tests/run installs, and mounts of its own"))
struct CLIAlertsTests {
  @Test(
    "each alert fires for a real fault, and is over once its page of the guides was followed",
    .timeLimit(.minutes(10)))
  func all() async throws {
    let absent = try await AbsentDriver()
    let secondaries = try await BrokenSecondaries()
    let fleet = try await BrokenFleet()
    let faults = secondaries.faults + fleet.faults + absent.faults
    let rules = try await absent.folder.expect(["print", "alerts"]).text
    let shipped = rules.matches(of: /alert: (\w+)/).map { String($0.output.1) }
    #expect(Set(faults.map(\.alert)) == Set(shipped), "an alert that nothing here raises")
    let metrics = try await WebPage("http://\(fleet.address)/metrics").text
    #expect(try await PrometheusServer.faults(rules: rules, metrics: metrics) == "")

    let prometheus = try PrometheusServer(
      scraping: [secondaries.address, fleet.address, absent.address], rules: rules)
    var operation = Operation(faults)
    try await eventually(
      "all alerts to be raised and over", within: .seconds(480), every: .milliseconds(250)
    ) {
      try await operation.step(prometheus.alerts())
      return operation.isOver
    } found: {
      operation.description
    }
    #expect(operation.unexpected.isEmpty, "alerts without a reason")
  }
}

/// An operator who waits for alerts, and does what the guides say about each.
private struct Operation: CustomStringConvertible {
  /// An alert that does not last for so long at a stretch flaps.
  private static let steady = Duration.seconds(2)

  /// One that is over sooner lies between two states: the waits of the shipped rules pass over it.
  private static let passing = Duration.seconds(10)

  private var waiting: [AlertFault]
  private var mended: [AlertFault] = []
  private var raisedAt: [String: ContinuousClock.Instant] = [:]
  private var firing: [PrometheusServer.Alert] = []
  private var quietSince: ContinuousClock.Instant?

  /// All alerts that there is a reason for. A machine that is busy may leave a request for metrics without an
  /// answer.
  private let expected: Set<String>
  private(set) var unexpected: Set<String> = []
  private var strangeSince: [String: ContinuousClock.Instant] = [:]

  init(_ faults: [AlertFault]) {
    waiting = faults
    expected = Set(faults.flatMap { ["\($0)"] + $0.others })
  }

  /// Whether each fault was mended, and no alert has fired since.
  var isOver: Bool {
    waiting.isEmpty && quietSince.map { ContinuousClock.now - $0 >= Self.steady } ?? false
  }

  var description: String { "not raised: \(waiting); firing: \(firing); mended: \(mended)" }

  mutating func step(_ alerts: [PrometheusServer.Alert]) async throws {
    let now = ContinuousClock.now
    firing = alerts
    let strange = alerts.filter { $0.name != "HydraSinksDown" }.map { "\($0)" }
      .filter { !expected.contains($0) }
    strangeSince = strangeSince.filter { strange.contains($0.key) }
    for name in strange {
      let since = strangeSince[name] ?? now
      strangeSince[name] = since
      if now - since >= Self.passing { unexpected.insert(name) }
    }
    quietSince = alerts.isEmpty ? quietSince ?? now : nil
    for fault in waiting {
      let name = "\(fault)"
      guard let alert = alerts.first(where: fault.isRaised) else {
        raisedAt[name] = nil
        continue
      }
      guard let since = raisedAt[name] else {
        raisedAt[name] = now
        continue
      }
      guard now - since >= Self.steady else { continue }
      #expect(alert.summary.contains(fault.subject), "\(fault): \(alert.summary)")
      let section = try Self.section(alert.runbook)
      #expect(section.contains(fault.advice), "\(fault): \(alert.runbook)")
      try await fault.mend()
      waiting.removeAll { "\($0)" == name }
      mended.append(fault)
    }
  }

  /// The text of the guides under the heading that `link` leads to, in one line.
  private static func section(_ link: String) throws -> String {
    let parts = link.split(separator: "/").last?.split(separator: "#") ?? []
    guard parts.count == 2 else { throw CLIFailure("no heading: \(link)") }
    let page = try GuidePage.guide(String(parts[0].dropLast(".md".count))).text
    var level: Int?
    var text: [Substring] = []
    for line in page.split(separator: "\n") {
      let marks = line.prefix { $0 == "#" }.count
      if let current = level, marks > 0, marks <= current { break }
      if level == nil, marks > 0 {
        let heading = line.drop { $0 == "#" || $0 == " " }.lowercased()
          .filter { $0 != "`" && $0 != "'" }.replacing(" ", with: "-")
        if heading == parts[1] { level = marks }
      }
      if level != nil { text.append(line) }
    }
    return text.joined(separator: " ").split(separator: " ").joined(separator: " ")
  }
}
