internal import EventPersistence
internal import SecondaryStatus

/// What `/metrics` answers.
///
/// Names are in the manner of the node's own, with base units. A value that is not known is absent,
/// never 0. A checkpoint goes back only in a rewind, and what counts only rises while the process
/// lives.
package struct MetricsPage: Sendable {
  private let nodes: [MetricsNode]
  private let version: String

  /// - Parameter version: of the program.
  package init(_ nodes: [MetricsNode], version: String) {
    self.nodes = nodes
    self.version = version
  }

  package static let contentType = Exposition.contentType

  package var text: String {
    var page = Exposition()
    page.add(
      "hydra_sinks_build_info", .gauge, "The version of hydra-sinks; always 1.",
      [Exposition.Sample([("version", version)], 1)])
    addPrimaries(to: &page)
    addSecondaries(to: &page)
    addReplays(to: &page)
    addDrives(to: &page)
    return page.text
  }

  // MARK: - The node's log

  private func addPrimaries(to page: inout Exposition) {
    states(
      "hydra_sinks_primary_state", "The state of the node's log: 1 for the one that holds.",
      "state",
      ["live", "silent", "missing", "ambiguous", "unreadable"], to: &page
    ) { $0.observation.survey.state.rawValue }
    states(
      "hydra_sinks_primary_severity", "How urgent that state is: 1 for the one that holds.",
      "severity", Severity.allCases.map(\.rawValue), to: &page
    ) { $0.observation.primarySeverity.rawValue }
    addWarnings(to: &page)
    gauge("hydra_sinks_primary_head_event_id", "The id of the log's last event.", to: &page) {
      $0.observation.survey.head.map { Double($0.eventId) }
    }
    gauge(
      "hydra_sinks_primary_first_event_id",
      "The id of the first event that is left, archives included.",
      to: &page
    ) { $0.observation.survey.first.map { Double($0.eventId) } }
    gauge(
      "hydra_sinks_primary_last_event_timestamp_seconds",
      "When the node wrote its last event, in seconds since 1970.", to: &page
    ) { $0.observation.survey.head?.time.map(Self.seconds) }
    gauge(
      "hydra_sinks_primary_bytes", "The size of the node's log, archives included.", to: &page
    ) { $0.observation.survey.bytes.map { Double($0) } }
    gauge(
      "hydra_sinks_primary_archives", "How many rotated logs the node has.", to: &page
    ) { Double($0.observation.survey.archives.count) }
    gauge(
      "hydra_sinks_primary_missing_events", "Events that no log of the node has any more.",
      to: &page
    ) { node in
      node.observation.survey.missing.reduce(0) { $0 + Double($1.through - $1.from) + 1 }
    }
    gauge(
      "hydra_sinks_primary_torn_lines", "Lines of the log that are not whole events.", to: &page
    ) { $0.observation.survey.tornLines.map { Double($0) } }
    gauge(
      "hydra_sinks_primary_rotation_events",
      "How many events the node writes before its next rotation.",
      to: &page
    ) { $0.observation.rotation.map { Double($0.eventsLeft) } }
    gauge(
      "hydra_sinks_primary_disk_free_bytes", "Free space on the disk that the node writes to.",
      to: &page
    ) { $0.freeBytes.map { Double($0) } }
    gauge(
      "hydra_sinks_primary_disk_full_seconds",
      "In how many seconds that disk is full, at the pace of the last hour.", to: &page
    ) { $0.secondsUntilFull }
  }

  private func addWarnings(to page: inout Exposition) {
    page.add(
      "hydra_sinks_primary_warning", .gauge,
      "What will harm the node although its log can be read: 1 for each that holds.",
      nodes.flatMap { node -> [Exposition.Sample] in
        // Of a log that cannot be read, nothing is known.
        guard node.observation.survey.head != nil else { return [] }
        return PrimaryWarning.Kind.allCases.map { kind in
          Exposition.Sample(
            Self.labels(node) + [("warning", kind.rawValue)],
            node.observation.warnings.contains { $0.kind == kind } ? 1 : 0)
        }
      })
  }

  // MARK: - The secondaries

  private func addSecondaries(to page: inout Exposition) {
    secondaryStates(
      "hydra_sinks_secondary_state", "The state of a secondary: 1 for the one that holds.",
      "state", SecondaryState.allCases.map(\.rawValue), to: &page
    ) { $0.report.state.rawValue }
    secondaryStates(
      "hydra_sinks_secondary_severity", "How urgent that state is: 1 for the one that holds.",
      "severity", Severity.allCases.map(\.rawValue), to: &page
    ) { $0.report.severity.rawValue }
    secondaryStates(
      "hydra_sinks_secondary_state_severity",
      "The same without what verify found: how urgent the state is by itself.",
      "severity", Severity.allCases.map(\.rawValue), to: &page
    ) { $0.stateSeverity.rawValue }
    secondary(
      "hydra_sinks_secondary_state_since_timestamp_seconds",
      "Since when it is in its state, in seconds since 1970.", to: &page
    ) { $0.report.stateSince.map(Self.seconds) }
    secondary(
      "hydra_sinks_secondary_checkpoint_event_id",
      "The id of the last event that is stored. It goes back only in a rewind.", to: &page
    ) { $0.report.checkpoint?.eventId.map { Double($0) } }
    secondary("hydra_sinks_secondary_lag_events", "Events that are not stored yet.", to: &page) {
      $0.report.lagEvents.map { Double($0) }
    }
    secondary(
      "hydra_sinks_secondary_lag_seconds",
      "The age of the first event that is not stored yet; 0 at the head.", to: &page
    ) { $0.report.lagSeconds }
    secondary(
      "hydra_sinks_secondary_generation", "Which of the node's logs is stored.", to: &page
    ) { $0.report.generation.map { Double($0) } }
    secondary(
      "hydra_sinks_secondary_rotation_loss",
      "1 if the node's next rotation will delete events that are not stored by then.", to: &page
    ) { $0.willLoseEvents.map { $0 ? 1 : 0 } }
    secondary(
      "hydra_sinks_secondary_verified_timestamp_seconds",
      "When it was last verified, in seconds since 1970.", to: &page
    ) { $0.report.verified.map { Self.seconds($0.record.at) } }
    secondary(
      "hydra_sinks_secondary_verified_faulty",
      "1 while the last verify's faults are not repaired.", to: &page
    ) { $0.report.verified.map { $0.record.isFaulty && $0.replayedAt == nil ? 1 : 0 } }
    secondary(
      "hydra_sinks_secondary_verified_unconfirmed",
      "1 while replays have delivered again all that was at fault, and no verify has confirmed it.",
      to: &page
    ) { $0.report.verified.map { $0.record.isFaulty && $0.replayedAt != nil ? 1 : 0 } }
  }

  private func addReplays(to page: inout Exposition) {
    secondary(
      "hydra_sinks_replay_delivered_events", "Events that the replay under way has delivered.",
      to: &page
    ) { $0.report.replay.map { Double($0.delivered) } }
    secondary(
      "hydra_sinks_replay_progress_ratio", "How much of the replay under way is done, by ids.",
      to: &page
    ) { $0.report.replay.flatMap(Self.progress) }
  }

  /// From 0 to 1, by ids; nil if the replay has no beginning or no end yet.
  private static func progress(_ replay: ReplayRecord) -> Double? {
    guard let from = replay.from?.eventId, let through = replay.through?.eventId, from <= through
    else { return nil }
    guard let position = replay.position?.eventId, position >= from else { return 0 }
    return min(1, Double(position - from + 1) / Double(through - from + 1))
  }

  // MARK: - What this process did

  private func addDrives(to page: inout Exposition) {
    counts("hydra_sinks_delivered_events_total", "Events that were stored.", to: &page) {
      $0.stored.map { ("tag", $0, Double($1.events)) }
    }
    counts(
      "hydra_sinks_delivered_bytes_total", "Bytes of JSON that were stored.", to: &page
    ) { $0.stored.map { ("tag", $0, Double($1.bytes)) } }
    counts(
      "hydra_sinks_errors_total", "Failures of the sink, or of reading the log.", to: &page
    ) { $0.errors.map { ("code", $0, Double($1)) } }
    counts(
      "hydra_sinks_retries_total", "Attempts to store a batch after the first one.", to: &page
    ) { [(nil, "", Double($0.retries))] }
    page.add(
      "hydra_sinks_batch_seconds", "How long storing a batch took.",
      nodes.flatMap { node in
        node.counts.sorted { $0.key < $1.key }.map { name, counts in
          let batches = counts.batches
          return (
            Self.labels(node, name),
            Exposition.Histogram(
              bounds: DriveMeter.Histogram.bounds, counts: batches.counts, count: batches.count,
              sum: batches.sum)
          )
        }
      })
  }

  // MARK: - Samples

  private static func labels(
    _ node: MetricsNode, _ secondary: String? = nil
  ) -> [(name: String, value: String)] {
    (node.name.map { [("node", $0)] } ?? []) + (secondary.map { [("secondary", $0)] } ?? [])
  }

  private func gauge(
    _ name: String, _ help: String, to page: inout Exposition, _ value: (MetricsNode) -> Double?
  ) {
    page.add(
      name, .gauge, help,
      nodes.compactMap { node in value(node).map { Exposition.Sample(Self.labels(node), $0) } })
  }

  private func states(
    _ name: String, _ help: String, _ label: String, _ all: [String], to page: inout Exposition,
    _ state: (MetricsNode) -> String
  ) {
    page.add(
      name, .gauge, help,
      nodes.flatMap { node in Self.oneOf(all, state(node), label, Self.labels(node)) })
  }

  /// A sample of each secondary.
  private func secondary(
    _ name: String, _ help: String, to page: inout Exposition,
    _ value: (SecondaryObservation) -> Double?
  ) {
    page.add(
      name, .gauge, help,
      nodes.flatMap { node in
        node.observation.secondaries.compactMap { secondary in
          value(secondary).map {
            Exposition.Sample(Self.labels(node, secondary.report.name), $0)
          }
        }
      })
  }

  private func secondaryStates(
    _ name: String, _ help: String, _ label: String, _ all: [String], to page: inout Exposition,
    _ state: (SecondaryObservation) -> String
  ) {
    page.add(
      name, .gauge, help,
      nodes.flatMap { node in
        node.observation.secondaries.flatMap { secondary in
          Self.oneOf(
            all, state(secondary), label,
            Self.labels(node, secondary.report.name) + [("kind", "\(secondary.report.kind)")])
        }
      })
  }

  /// One series for each of `all`: 1 for `holds`, 0 for the others, so that each ends as it began.
  private static func oneOf(
    _ all: [String], _ holds: String, _ label: String,
    _ labels: [(name: String, value: String)]
  ) -> [Exposition.Sample] {
    all.map { Exposition.Sample(labels + [(label, $0)], $0 == holds ? 1 : 0) }
  }

  private func counts(
    _ name: String, _ help: String, to page: inout Exposition,
    _ values: (DriveMeter.Counts) -> [(label: String?, value: String, count: Double)]
  ) {
    page.add(
      name, .counter, help,
      nodes.flatMap { node in
        node.counts.sorted { $0.key < $1.key }.flatMap { secondary, counts in
          values(counts).sorted { $0.value < $1.value }.map { label, value, count in
            Exposition.Sample(
              Self.labels(node, secondary) + (label.map { [($0, value)] } ?? []), count)
          }
        }
      })
  }

  private static func seconds(_ time: EventTime) -> Double {
    Double(time.seconds) + Double(time.picoseconds) / 1e12
  }
}
