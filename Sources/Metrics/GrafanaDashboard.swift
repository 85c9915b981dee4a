internal import Foundation

/// A dashboard for Grafana on the metrics: `print grafana`.
///
/// Grafana's own description: <https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/>
package struct GrafanaDashboard: Sendable, Codable {
  var title = "hydra-sinks"
  var uid = "hydra-sinks"
  var schemaVersion = 39
  var tags = ["hydra"]
  var timezone = "browser"
  var refresh = "10s"
  var editable = true
  var time = Range()
  var templating: Templating
  var panels: [Panel]

  struct Range: Sendable, Codable {
    var from = "now-1h"
    var to = "now"
  }

  struct Templating: Sendable, Codable {
    var list: [Variable]
  }

  struct Variable: Sendable, Codable {
    var name: String
    var label: String
    var type: String
    var query: String
    var datasource: Source?
    /// 2: whenever the range of time changes.
    var refresh: Int?
    var includeAll: Bool?
    var multi: Bool?
    var allValue: String?
  }

  struct Source: Sendable, Codable {
    var type = "prometheus"
    var uid = "${datasource}"
  }

  struct Place: Sendable, Codable, Hashable {
    var x: Int
    var y: Int
    var w: Int
    var h: Int
  }

  struct Panel: Sendable, Codable {
    var id: Int
    /// `row`, `stat`, `table` or `timeseries`.
    var type: String
    var title: String
    var description: String?
    var gridPos: Place
    var datasource: Source?
    var targets: [Target]?
    var fieldConfig: Fields?
  }

  struct Target: Sendable, Codable {
    var refId: String
    var expr: String
    var legendFormat: String
    var instant: Bool?
  }

  struct Fields: Sendable, Codable {
    var defaults: Defaults
    var overrides: [String] = []

    struct Defaults: Sendable, Codable {
      /// Grafana's name of a unit: `s`, `bytes`, `short`.
      var unit: String
    }
  }

  /// Its JSON, which Grafana imports.
  package var json: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(self) else {
      preconditionFailure("texts and numbers can be encoded")
    }
    return String(decoding: data, as: UTF8.self) + "\n"
  }

  package init() {
    templating = Templating(list: [
      Variable(name: "datasource", label: "Prometheus", type: "datasource", query: "prometheus"),
      Self.variable("node", "Node", "label_values(hydra_sinks_primary_state, node)"),
      Self.variable(
        "secondary", "Secondary",
        "label_values(hydra_sinks_secondary_state{node=~\"$node\"}, secondary)"),
    ])
    var layout = Layout()
    for (title, panels) in Self.rows {
      layout.row(title)
      for panel in panels { layout.add(panel) }
    }
    panels = layout.panels
  }

  private static func variable(_ name: String, _ label: String, _ query: String) -> Variable {
    // A single node has no label, which ".*" matches, too.
    Variable(
      name: name, label: label, type: "query", query: query, datasource: Source(), refresh: 2,
      includeAll: true, multi: true, allValue: ".*")
  }

  // MARK: - The panels

  private struct Drawn {
    var type = "timeseries"
    var title: String
    var description: String?
    var unit = "short"
    var width = 12
    var queries: [(expr: String, legend: String)]
  }

  private static let of = "{node=~\"$node\"}"
  private static let ofSecondary = "{node=~\"$node\",secondary=~\"$secondary\"}"
  private static let legend = "{{node}} {{secondary}}"

  private static let rows: [(String, [Drawn])] = [
    (
      "Fleet",
      [
        Drawn(
          type: "stat", title: "In error", width: 6,
          queries: [
            ("count(hydra_sinks_secondary_severity{severity=\"error\"} == 1) or vector(0)", "")
          ]),
        Drawn(
          type: "stat", title: "In warning", width: 6,
          queries: [
            ("count(hydra_sinks_secondary_severity{severity=\"warning\"} == 1) or vector(0)", "")
          ]),
        Drawn(
          type: "stat", title: "Silent nodes", width: 6,
          queries: [("count(hydra_sinks_primary_state{state=\"silent\"} == 1) or vector(0)", "")]),
        Drawn(
          type: "stat", title: "Largest lag", unit: "s", width: 6,
          queries: [("max(hydra_sinks_secondary_lag_seconds)", "")]),
        Drawn(
          type: "table", title: "What is not well", width: 24,
          queries: [
            (
              "(hydra_sinks_secondary_state == 1) and on (node, secondary, instance) "
                + "(hydra_sinks_secondary_severity{severity=~\"warning|error|unknown\"} == 1)",
              "\(legend) {{state}}"
            )
          ]),
      ]
    ),
    (
      "Node",
      [
        Drawn(
          title: "Events a second", unit: "ops",
          queries: [("rate(hydra_sinks_primary_head_event_id\(of)[1m])", "{{node}}")]),
        Drawn(
          title: "Age of the last event", unit: "s",
          queries: [("time() - hydra_sinks_primary_last_event_timestamp_seconds\(of)", "{{node}}")]),
        Drawn(
          title: "Size of the log", unit: "bytes",
          queries: [("hydra_sinks_primary_bytes\(of)", "{{node}}")]),
        Drawn(
          title: "Disk", description: "Free space on the disk that the node writes to.",
          unit: "bytes",
          queries: [("hydra_sinks_primary_disk_free_bytes\(of)", "{{node}} free")]),
        Drawn(
          title: "Events to the next rotation",
          queries: [("hydra_sinks_primary_rotation_events\(of)", "{{node}}")]),
        Drawn(
          title: "Archives", queries: [("hydra_sinks_primary_archives\(of)", "{{node}}")]),
      ]
    ),
    (
      "Secondary",
      [
        Drawn(
          title: "Lag in events",
          queries: [("hydra_sinks_secondary_lag_events\(ofSecondary)", legend)]),
        Drawn(
          title: "Lag in seconds", unit: "s",
          queries: [("hydra_sinks_secondary_lag_seconds\(ofSecondary)", legend)]),
        Drawn(
          title: "Delivered events a second", unit: "ops",
          queries: [
            (
              "sum by (node, secondary) (rate(hydra_sinks_delivered_events_total\(ofSecondary)[1m]))",
              legend
            )
          ]),
        Drawn(
          title: "Delivered bytes a second, by tag", unit: "Bps",
          queries: [
            ("sum by (tag) (rate(hydra_sinks_delivered_bytes_total\(ofSecondary)[1m]))", "{{tag}}")
          ]),
        Drawn(
          title: "Seconds a batch, 95 of 100", unit: "s",
          queries: [
            (
              "histogram_quantile(0.95, sum by (node, secondary, le) "
                + "(rate(hydra_sinks_batch_seconds_bucket\(ofSecondary)[5m])))", legend
            )
          ]),
        Drawn(
          title: "Errors and retries a minute",
          queries: [
            (
              "sum by (node, secondary, code) (rate(hydra_sinks_errors_total\(ofSecondary)[5m])) * 60",
              "\(legend) {{code}}"
            ),
            (
              "sum by (node, secondary) (rate(hydra_sinks_retries_total\(ofSecondary)[5m])) * 60",
              "\(legend) retries"
            ),
          ]),
        Drawn(
          title: "Replay", unit: "percentunit",
          queries: [("hydra_sinks_replay_progress_ratio\(ofSecondary)", legend)]),
        Drawn(
          title: "Checkpoint and head",
          queries: [
            ("hydra_sinks_secondary_checkpoint_event_id\(ofSecondary)", legend),
            ("hydra_sinks_primary_head_event_id\(of)", "{{node}} head"),
          ]),
      ]
    ),
  ]

  /// Places panels from left to right, 24 columns wide.
  private struct Layout {
    private(set) var panels: [Panel] = []
    private var x = 0
    private var y = 0
    private var height = 0

    mutating func row(_ title: String) {
      wrap()
      panels.append(
        Panel(
          id: panels.count + 1, type: "row", title: title, gridPos: Place(x: 0, y: y, w: 24, h: 1)))
      y += 1
    }

    mutating func add(_ drawn: Drawn) {
      if x + drawn.width > 24 { wrap() }
      let place = Place(x: x, y: y, w: drawn.width, h: drawn.type == "stat" ? 4 : 8)
      let targets = drawn.queries.enumerated().map { index, query in
        Target(
          refId: String(UnicodeScalar(UInt8(ascii: "A") + UInt8(index))), expr: query.expr,
          legendFormat: query.legend, instant: drawn.type == "timeseries" ? nil : true)
      }
      panels.append(
        Panel(
          id: panels.count + 1, type: drawn.type, title: drawn.title,
          description: drawn.description, gridPos: place, datasource: Source(), targets: targets,
          fieldConfig: Fields(defaults: .init(unit: drawn.unit))))
      x += place.w
      height = max(height, place.h)
    }

    private mutating func wrap() {
      x = 0
      y += height
      height = 0
    }
  }
}
