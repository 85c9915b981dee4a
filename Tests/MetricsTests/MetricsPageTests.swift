import EventPersistence
import EventPersistenceTesting
import Testing

@testable import Metrics
@testable import SecondaryStatus

@Suite struct MetricsPageTests {
  static func time(_ text: String) -> EventTime { EventTime(text)! }

  /// A node with two secondaries: one that is stalled and replaying, one of which nothing is known.
  static func node(_ name: String? = nil) -> MetricsNode {
    var survey = Survey(
      state: .live, first: Position(eventId: 10),
      head: Position(eventId: 1000, time: time("2026-07-15T10:00:00Z")), bytes: 5000, tornLines: 2,
      archives: [Survey.Archive(path: "state-9", firstEventId: 0, lastEventId: 9, bytes: 10)])
    survey.missing = [Survey.Missing(from: 3, through: 5)]
    var report = SecondaryReport(name: "cold", kind: "s3", state: .stalled, severity: .error)
    report.checkpoint = Checkpoint(
      position: Position(eventId: 900), at: time("2026-07-15T09:58:00Z"), highest: 900)
    report.lagEvents = 100
    report.lagSeconds = 12.5
    report.generation = 2
    report.stateSince = time("2026-07-15T09:59:00Z")
    var replay = ReplayRecord(
      id: "r", kind: .redrive, from: Position(eventId: 901), through: Position(eventId: 1000),
      requestedBy: "a@h", reason: nil, at: time("2026-07-15T09:59:00Z"), maxRate: nil,
      previousCheckpoint: nil)
    replay.position = Position(eventId: 925)
    replay.delivered = 25
    report.replay = replay
    var cold = SecondaryObservation(
      description: SecondaryDescription(
        name: "cold", kind: "s3", target: "s3://b/p", persistenceDir: "/hydra"),
      report: report)
    cold.willLoseEvents = true
    cold.stateSeverity = .warning
    let unknown = SecondaryObservation(
      description: SecondaryDescription(
        name: "late", kind: "file", target: "/srv", persistenceDir: "/hydra"),
      report: SecondaryReport(name: "late", kind: "file", state: .new, severity: .info))
    var counts = DriveMeter.Counts()
    counts.stored = [
      "TickObserved": DriveMeter.Amount(events: 7, bytes: 700),
      "SnapshotConfirmed": DriveMeter.Amount(events: 1, bytes: 9000),
    ]
    counts.retries = 3
    counts.errors = ["ExpiredToken": 4]
    counts.batches.note(0.02)
    return MetricsNode(
      name: name,
      observation: Observation(
        at: time("2026-07-15T10:00:01Z"), instant: .zero, persistenceDir: "/hydra", stateDir: "/s",
        survey: survey, primarySeverity: .ok, secondaries: [cold, unknown]),
      counts: ["cold": counts], freeBytes: 1 << 30, secondsUntilFull: 3600)
  }

  @Test("each value is there with its labels")
  func values() {
    let lines = Set(
      MetricsPage([Self.node()], version: "1.2").text.split(separator: "\n").map(String.init))
    for line in [
      "hydra_sinks_build_info{version=\"1.2\"} 1",
      "hydra_sinks_primary_state{state=\"live\"} 1",
      "hydra_sinks_primary_state{state=\"silent\"} 0",
      "hydra_sinks_primary_head_event_id 1000", "hydra_sinks_primary_first_event_id 10",
      "hydra_sinks_primary_last_event_timestamp_seconds 1784109600",
      "hydra_sinks_primary_missing_events 3", "hydra_sinks_primary_torn_lines 2",
      "hydra_sinks_primary_archives 1", "hydra_sinks_primary_disk_full_seconds 3600",
      "hydra_sinks_secondary_state{secondary=\"cold\",kind=\"s3\",state=\"stalled\"} 1",
      "hydra_sinks_secondary_state{secondary=\"cold\",kind=\"s3\",state=\"ok\"} 0",
      "hydra_sinks_secondary_severity{secondary=\"cold\",kind=\"s3\",severity=\"error\"} 1",
      "hydra_sinks_secondary_state_severity{secondary=\"cold\",kind=\"s3\",severity=\"warning\"} 1",
      "hydra_sinks_primary_warning{warning=\"low-disk\"} 0",
      "hydra_sinks_secondary_checkpoint_event_id{secondary=\"cold\"} 900",
      "hydra_sinks_secondary_lag_events{secondary=\"cold\"} 100",
      "hydra_sinks_secondary_lag_seconds{secondary=\"cold\"} 12.5",
      "hydra_sinks_secondary_rotation_loss{secondary=\"cold\"} 1",
      "hydra_sinks_replay_progress_ratio{secondary=\"cold\"} 0.25",
      "hydra_sinks_replay_delivered_events{secondary=\"cold\"} 25",
      "hydra_sinks_delivered_events_total{secondary=\"cold\",tag=\"TickObserved\"} 7",
      "hydra_sinks_delivered_bytes_total{secondary=\"cold\",tag=\"SnapshotConfirmed\"} 9000",
      "hydra_sinks_errors_total{secondary=\"cold\",code=\"ExpiredToken\"} 4",
      "hydra_sinks_retries_total{secondary=\"cold\"} 3",
      "hydra_sinks_batch_seconds_bucket{secondary=\"cold\",le=\"0.01\"} 0",
      "hydra_sinks_batch_seconds_bucket{secondary=\"cold\",le=\"0.025\"} 1",
      "hydra_sinks_batch_seconds_count{secondary=\"cold\"} 1",
    ] {
      #expect(lines.contains(line))
    }
  }

  @Test("what is not known is absent, never 0")
  func unknown() {
    var node = Self.node()
    node.observation.survey = Survey(state: .missing)
    node.freeBytes = nil
    let text = MetricsPage([node], version: "1").text
    for name in [
      "head_event_id", "warning", "torn_lines", "last_event_timestamp", "disk_free",
      "rotation_events",
    ] {
      #expect(!text.contains("hydra_sinks_primary_\(name)"))
    }
    #expect(!text.contains("lag_events{secondary=\"late\""))
    #expect(!text.contains("checkpoint_event_id{secondary=\"late\""))
    #expect(
      text.contains("hydra_sinks_secondary_state{secondary=\"late\",kind=\"file\",state=\"new\"} 1")
    )
  }

  @Test("of several nodes, each sample names its node, and each name has one help")
  func nodes() {
    let text = MetricsPage([Self.node("alice"), Self.node("bob")], version: "1").text
    #expect(text.contains("lag_events{node=\"alice\",secondary=\"cold\"} 100"))
    #expect(text.contains("primary_bytes{node=\"bob\"} 5000"))
    let helps = text.split(separator: "\n").filter { $0.hasPrefix("# HELP") }
      .map { $0.split(separator: " ")[2] }
    #expect(Set(helps).count == helps.count && helps.count > 20)
    #expect(
      Set(
        text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map {
          $0.split(separator: " ")[0]
        }
      )
      .count == text.split(separator: "\n").filter { !$0.hasPrefix("#") }.count,
      "a series stands twice")
  }
}
