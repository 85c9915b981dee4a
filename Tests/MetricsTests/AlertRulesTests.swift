import EventPersistence
import Foundation
import Testing
import Yams

@testable import Metrics
@testable import SecondaryStatus

/// What is shipped for Prometheus and Grafana, held against the metrics.
@Suite struct AlertRulesTests {
  private let rules = AlertRules(runbook: "https://guides.example").rules

  /// The names of all metrics, with those of a histogram's parts.
  private let names: Set<String> = Set(
    MetricsPage([MetricsPageTests.node("a")], version: "1").text.split(separator: "\n")
      .filter { !$0.hasPrefix("#") }
      .map { String($0.prefix { $0 != "{" && $0 != " " }) }
  ).union([
    // Of a log that has these: a rotation in sight, and a verified secondary.
    "hydra_sinks_primary_rotation_events", "hydra_sinks_secondary_verified_faulty",
    "hydra_sinks_secondary_verified_unconfirmed",
  ])

  private func unknown(in expression: String) -> [String] {
    expression.matches(of: /hydra_sinks_[a-z_]+/).map { String($0.output) }
      .filter { !names.contains($0) }
  }

  @Test("each expression names metrics that exist")
  func alertMetrics() {
    for rule in rules { #expect(unknown(in: rule.expr).isEmpty, "\(rule.alert)") }
    for panel in GrafanaDashboard().panels {
      for target in panel.targets ?? [] {
        #expect(unknown(in: target.expr).isEmpty, "\(panel.title)")
      }
    }
  }

  @Test(
    "each state that is an error, and each that is a warning by itself, has an alert of its own")
  func states() {
    let alerted = Set(
      rules.flatMap { $0.expr.matches(of: /state=~?"([a-z|-]+)"/).map { $0.output.1 } }
        .flatMap { $0.split(separator: "|").map(String.init) })
    let well: Set<SecondaryState> = [.new, .replaying]
    for state in SecondaryState.allCases where !well.contains(state) {
      #expect(alerted.contains(state.rawValue), "\(state.rawValue)")
    }
  }

  @Test("each link leads to a heading of the guides")
  func runbooks() throws {
    let guides = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Sources/hydra-sinks/Guides.docc")
    for rule in rules {
      let link = rule.annotations.runbook.dropFirst("https://guides.example/".count)
      let parts = link.split(separator: "#", maxSplits: 1).map(String.init)
      let page = try String(contentsOf: guides.appending(path: parts[0]), encoding: .utf8)
      guard parts.count == 2 else { continue }
      let headings = page.split(separator: "\n").filter { $0.hasPrefix("#") }.map { heading in
        heading.drop { $0 == "#" || $0 == " " }.lowercased().filter { $0 != "`" && $0 != "'" }
          .replacing(" ", with: "-")
      }
      #expect(headings.contains(parts[1]), "\(rule.alert): \(link)")
    }
  }

  @Test("the rules are a file that YAML readers take, each alert once")
  func yaml() throws {
    let loaded = try #require(
      try Yams.load(yaml: AlertRules(runbook: "https://guides.example").yaml) as? [String: Any])
    let groups = try #require(loaded["groups"] as? [[String: Any]])
    let alerts = try #require(groups[0]["rules"] as? [[String: Any]]).compactMap {
      $0["alert"] as? String
    }
    #expect(alerts.count == rules.count && Set(alerts).count == alerts.count)
  }

  @Test("the dashboard's panels have numbers of their own, and none covers another")
  func layout() throws {
    let dashboard = try JSONDecoder().decode(
      GrafanaDashboard.self, from: Data(GrafanaDashboard().json.utf8))
    let panels = dashboard.panels
    #expect(Set(panels.map(\.id)).count == panels.count)
    var taken: Set<[Int]> = []
    for panel in panels {
      let place = panel.gridPos
      #expect(place.x + place.w <= 24)
      for x in place.x..<place.x + place.w {
        for y in place.y..<place.y + place.h {
          #expect(taken.insert([x, y]).inserted, "\(panel.title)")
        }
      }
    }
    #expect(Set(panels.filter { $0.type == "row" }.map(\.title)) == ["Fleet", "Node", "Secondary"])
  }
}
