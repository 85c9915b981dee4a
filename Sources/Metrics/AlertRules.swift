internal import Yams

/// Alerts for Prometheus about what the metrics show: `print alerts`.
package struct AlertRules: Sendable {
  struct Rule: Sendable, Hashable, Codable {
    struct Annotations: Sendable, Hashable, Codable {
      var summary: String
      var description: String
      var runbook: String

      // The names that Prometheus' own tools look for.
      enum CodingKeys: String, CodingKey {
        case summary, description
        case runbook = "runbook_url"
      }
    }

    var alert: String
    var expr: String
    /// How long it must hold before somebody is woken; nil: at once.
    var `for`: String?
    var labels: [String: String]
    var annotations: Annotations
  }

  private struct File: Codable {
    struct Group: Codable {
      var name: String
      var rules: [Rule]
    }

    var groups: [Group]
  }

  let rules: [Rule]

  /// - Parameter runbook: where the guides are: a folder's address, without a slash at its end.
  package init(runbook: String) {
    rules = Self.all(runbook)
  }

  /// A rules file, in YAML.
  package var yaml: String {
    let encoder = YAMLEncoder()
    encoder.options.width = -1
    encoder.options.sortKeys = false
    let file = File(groups: [File.Group(name: "hydra-sinks", rules: rules)])
    guard let text = try? encoder.encode(file) else {
      preconditionFailure("texts can be encoded")
    }
    return text
  }

  // MARK: - The rules

  private static let secondary =
    "{{ with $labels.node }}{{ . }}/{{ end }}{{ $labels.secondary }}"
  private static let node = "{{ with $labels.node }}of {{ . }} {{ end }}"

  private static func all(_ runbook: String) -> [Rule] {
    states.map { state(runbook, $0) } + conditions(runbook) + primaries(runbook)
  }

  private struct StateAlert {
    var state: String
    var alert: String
    var wait: String
    var severity: String
    var summary: String
    var description: String
  }

  /// One alert a state that somebody must look at, so that each leads to that state's page.
  private static let states: [StateAlert] = [
    .init(
      state: "stalled", alert: "HydraSinksStalled", wait: "2m", severity: "critical",
      summary: "makes no progress",
      description: "It is behind the log, and stores nothing. hydra-sinks status says why. Once "
        + "the cause is corrected: hydra-sinks retry \(secondary)"),
    .init(
      state: "gap", alert: "HydraSinksGap", wait: "1m", severity: "critical",
      summary: "lacks events that no log has any more",
      description: "Bring the node's archive back, name a history, or continue after the gap: "
        + "hydra-sinks replay \(secondary) --clamp"),
    .init(
      state: "diverged", alert: "HydraSinksDiverged", wait: "1m", severity: "critical",
      summary: "has stored events that the node has lost",
      description: "Its driver has stopped. Plan the rewind: hydra-sinks replay \(secondary)"),
    .init(
      state: "new-log", alert: "HydraSinksNewLog", wait: "1m", severity: "critical",
      summary: "waits, because the node's log began anew",
      description: "Plan the next generation: hydra-sinks replay \(secondary)"),
    .init(
      state: "rewound", alert: "HydraSinksRewound", wait: "1m", severity: "critical",
      summary: "has a checkpoint that went back without a replay",
      description: "The file was edited, or restored from a backup. To deliver the events after it "
        + "again: hydra-sinks replay \(secondary)"),
    .init(
      state: "replay-stalled", alert: "HydraSinksReplayStalled", wait: "2m", severity: "critical",
      summary: "has a replay that makes no progress",
      description: "hydra-sinks status shows its error. Once that is corrected: hydra-sinks retry "
        + "\(secondary); to end the replay: hydra-sinks cancel \(secondary)"),
    .init(
      state: "replay-orphaned", alert: "HydraSinksReplayOrphaned", wait: "5m", severity: "critical",
      summary: "has a replay that no driver runs",
      description: "Start a driver, or continue it: hydra-sinks replay \(secondary) --resume"),
    .init(
      state: "driver-lost", alert: "HydraSinksDriverLost", wait: "1m", severity: "critical",
      summary: "has lost its driver",
      description: "Its driver died. Nothing is lost: start it again."),
    .init(
      state: "driver-hung", alert: "HydraSinksDriverHung", wait: "1m", severity: "critical",
      summary: "has a driver that no longer reports",
      description: "It holds the lock, and is stopped or stuck. hydra-sinks status names the "
        + "process: continue it, or end it and start it again."),
    .init(
      state: "unknown", alert: "HydraSinksUnknown", wait: "5m", severity: "warning",
      summary: "is in an unknown state",
      description: "Its checkpoint, another file of its state, or the log cannot be read. "
        + "hydra-sinks status says which, and what to do."),
    .init(
      state: "idle", alert: "HydraSinksIdle", wait: "15m", severity: "warning",
      summary: "is behind, and nobody drives it", description: "Start a driver: hydra-sinks run."),
    .init(
      state: "falling-behind", alert: "HydraSinksFallingBehind", wait: "10m", severity: "warning",
      summary: "falls behind",
      description: "The node writes faster than the sink stores. Wait, if "
        + "that is a peak; otherwise find what slows the sink."),
  ]

  private static func state(_ runbook: String, _ alert: StateAlert) -> Rule {
    rule(
      alert.alert, "hydra_sinks_secondary_state{state=\"\(alert.state)\"} == 1", alert.wait,
      alert.severity, "\(secondary) \(alert.summary)", alert.description,
      "\(runbook)/States.md#\(alert.state)")
  }

  private static func conditions(_ runbook: String) -> [Rule] {
    [
      rule(
        "HydraSinksPausedTooLong",
        urgent("warning|error", in: "paused"), "1m", "warning", "\(secondary) is still paused",
        "The time of its reminder is over, or the next rotation will delete events that it lacks. "
          + "To resume it: hydra-sinks resume \(secondary)",
        "\(runbook)/States.md#paused"),
      rule(
        "HydraSinksLagging", urgent("warning|error", in: "lagging|catching-up"), "5m", "warning",
        "\(secondary) lags beyond its limits",
        "It is further behind than the limits that are configured for it. Find what slows it, or "
          + "raise the limits.",
        "\(runbook)/States.md#lagging"),
      rule(
        "HydraSinksFailing", urgent("warning|error", in: "ok"), "10m", "warning",
        "\(secondary) fails, though it is at the head",
        "It is at the head, so nothing is missing yet, but its driver reports an error that stands. "
          + "hydra-sinks status shows it.",
        "\(runbook)/States.md#ok"),
      rule(
        "HydraSinksRotationLoss", "hydra_sinks_secondary_rotation_loss == 1", "1m", "critical",
        "\(secondary) will lose events in the node's next rotation",
        "The node keeps no archives, and this secondary will not have stored everything by then. "
          + "Let it store what it lacks before the node rotates its log.",
        "\(runbook)/Monitoring.md#the-next-rotation-loses-events"),
      rule(
        "HydraSinksVerifyFault", "hydra_sinks_secondary_verified_faulty == 1", "1m", "critical",
        "\(secondary) does not hold what the log holds",
        "The last verify found events that are missing, differ, or are damaged. hydra-sinks status "
          + "names the replay that repairs it.",
        "\(runbook)/States.md#what-verify-found"),
      rule(
        "HydraSinksUnconfirmed", "hydra_sinks_secondary_verified_unconfirmed == 1", "15m",
        "warning", "\(secondary) was repaired, and is not verified",
        "Replays have delivered again all that was at fault. To confirm it: hydra-sinks verify "
          + secondary,
        "\(runbook)/States.md#what-verify-found"),
    ]
  }

  /// The secondaries in one of `states` that is, by itself, of one of `severities`: what `verify` found
  /// has alerts of its own.
  private static func urgent(_ severities: String, in states: String) -> String {
    "max without (severity) (hydra_sinks_secondary_state_severity{severity=~\"\(severities)\"}) == 1"
      + " and on (node, secondary, instance) "
      + "max without (state) (hydra_sinks_secondary_state{state=~\"\(states)\"}) == 1"
  }

  private static func primaries(_ runbook: String) -> [Rule] {
    [
      rule(
        "HydraSinksNodeSilent", "hydra_sinks_primary_state{state=\"silent\"} == 1", nil, "warning",
        "The log \(node)is silent",
        "The node has written no event for longer than silent-after. Is it running?",
        "\(runbook)/States.md#the-primary"),
      rule(
        "HydraSinksLogUnreadable",
        "hydra_sinks_primary_state{state=~\"missing|ambiguous|unreadable\"} == 1", "5m", "critical",
        "The log \(node)cannot be read: it is {{ $labels.state }}",
        "hydra-sinks status says why, and what to do.", "\(runbook)/States.md#the-primary"),
      rule(
        "HydraSinksLogWarning", "hydra_sinks_primary_warning == 1", "5m", "warning",
        "The log \(node)will harm its node: {{ $labels.warning }}",
        "hydra-sinks status says what it leads to, and what to do.",
        "\(runbook)/States.md#warnings-about-the-log"),
      rule(
        "HydraSinksDiskFills", "hydra_sinks_primary_disk_full_seconds < 3 * 86400", "30m",
        "warning",
        "The disk of the log \(node)is full in {{ $value | humanizeDuration }}",
        "A full disk stops the node, and may truncate its log.",
        "\(runbook)/Monitoring.md#the-disk-fills"),
      rule(
        "HydraSinksDown", "up{job=\"hydra-sinks\"} == 0 or absent(up{job=\"hydra-sinks\"})", "5m",
        "critical", "No driver answers{{ with $labels.instance }} at {{ . }}{{ end }}",
        "hydra-sinks run is not running, or its metrics cannot be reached.",
        "\(runbook)/Monitoring.md#no-driver-answers"),
    ]
  }

  private static func rule(
    _ alert: String, _ expression: String, _ wait: String?, _ severity: String, _ summary: String,
    _ description: String, _ runbook: String
  ) -> Rule {
    Rule(
      alert: alert, expr: expression, for: wait, labels: ["severity": severity],
      annotations: .init(summary: summary, description: description, runbook: runbook))
  }
}
