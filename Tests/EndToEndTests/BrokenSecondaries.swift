import Foundation

/// The secondaries of one node, each with a fault of its own, but for `archive`.
final class BrokenSecondaries {
  let folder: CLIFolder
  /// Where the metrics of all of them are served.
  private(set) var address = ""
  private var runs: [CLIRun] = []
  private var stopped: CLIRun?

  /// Stores a batch, as soon as there is no file `wait`.
  private static let collector = """
    #!/bin/sh
    while [ -e "$0.wait" ]; do sleep 0.1; done
    cat >/dev/null

    """

  /// Stores events as they come, for `mode: stream`.
  private static let loader = """
    #!/bin/sh
    echo '{"checkpoint":null}'
    while read -r line; do
      id=${line#*\\"eventId\\":}
      echo "{\\"eventId\\":${id%%[!0-9]*}}"
    done

    """

  private static let files = [
    "archive", "paused", "damaged", "rewound", "unreadable", "idle", "lost", "hung",
  ]
  private static let programs = ["stalled", "lagging", "replaying", "orphaned"]
  /// Those that are at the head before anything breaks.
  private static let current = [
    "archive", "paused", "damaged", "rewound", "unreadable", "lost", "hung", "failing", "replaying",
    "orphaned",
  ]
  /// Those that the driver with the metrics drives.
  private static let driven = [
    "archive", "stalled", "lagging", "failing", "paused", "damaged", "replaying",
  ]

  init() async throws {
    folder = try CLIFolder()
    for name in Self.programs { try folder.write(Self.collector, to: name, mode: 0o700) }
    try folder.write(Self.loader, to: "failing", mode: 0o700)
    let entries =
      Self.files.map { "{name: \($0), kind: file, path: store-\($0), max-events: 50}" }
      + Self.programs.map {
        "{name: \($0), kind: command, command: [./\($0)], timeout: 10m, max-events: 100"
          + ($0 == "lagging" ? ", warn: {events: 10}}" : "}")
      } + ["{name: failing, kind: command, command: [./failing], mode: stream}"]
    try folder.write(
      "persistence-dir: log\nstate-dir: state\nsilent-after: off\nmetrics: 127.0.0.1:0\n"
        + "secondaries:\n" + entries.map { "  - \($0)\n" }.joined(), to: "hydra-sinks.yaml")
    try await folder.simulate(100)
    try await folder.expect(["run", "--until-head"])
    try await folder.simulate(100)
    try await folder.expect(["run", "--until-head"] + Self.only(Self.current))
    try await breakDrivers()
    try await breakStores()
    let driver = try folder.start(["run"] + Self.only(Self.driven))
    runs.append(driver)
    address = String(try await driver.metricsAddress().dropFirst("http://".count))
    runs.append(try folder.start(["replay", "replaying", "--from", "start", "--execute"]))
  }

  deinit { stopped?.send(SIGKILL) }

  private static func only(_ names: [String]) -> [String] { names.flatMap { ["--only", $0] } }

  /// One driver is stopped, one is killed, and so is a replay.
  private func breakDrivers() async throws {
    let hung = try folder.start(["run", "--only", "hung"])
    let lost = try folder.start(["run", "--only", "lost"])
    try folder.write("", to: "orphaned.wait")
    let replay = try folder.start(["replay", "orphaned", "--from", "start", "--execute"])
    stopped = hung
    try await eventually("the drivers") { [folder] in
      [("hung", hung), ("lost", lost)].allSatisfy { name, run in
        folder.json("state/\(name)/driver.json")?["pid"] as? Int32 == run.pid
      } && folder.json("state/orphaned/replay.json")?["startedAt"] is String
    }
    hung.send(SIGSTOP)
    for run in [lost, replay] {
      run.send(SIGKILL)
      _ = try await run.end()
    }
  }

  private func breakStores() async throws {
    for name in ["stalled", "failing", "replaying"] { try folder.remove(name) }
    try folder.write("", to: "lagging.wait")
    try await folder.expect(["pause", "paused", "--remind", "1s"])

    let segments = try FileManager.default.contentsOfDirectory(
      atPath: "\(folder.path)/store-damaged/events")
    try folder.remove("store-damaged/events/\(segments.sorted()[1])")
    try await folder.expect(["verify", "damaged"], exits: 2)

    try folder.move("state/unreadable/checkpoint.json", to: "checkpoint.kept")
    try folder.write("{\"eventId\":", to: "state/unreadable/checkpoint.json")

    // Only the highest id is kept of what it was.
    var checkpoint = folder.json("state/rewound/checkpoint.json") ?? [:]
    checkpoint["eventId"] = 99
    for key in ["tag", "time"] { checkpoint[key] = NSNull() }
    try folder.write(
      String(decoding: try JSONSerialization.data(withJSONObject: checkpoint), as: UTF8.self),
      to: "state/rewound/checkpoint.json")
  }

  // MARK: - What to do

  var faults: [AlertFault] { [drivers, sinks, archives].flatMap { $0 } }

  private var drivers: [AlertFault] {
    [
      AlertFault("DriverHung", "hung", "continue it (`kill -CONT PID`)") { [self] in
        stopped?.send(SIGCONT)
      },
      AlertFault("DriverLost", "lost", "start a driver: `hydra-sinks run`") { [self] in
        runs.append(try folder.start(["run", "--only", "lost"]))
      },
      AlertFault("Idle", "idle", "`hydra-sinks run`") { [self] in
        runs.append(try folder.start(["run", "--only", "idle"]))
      },
      AlertFault("ReplayOrphaned", "orphaned", "`hydra-sinks replay NAME --resume`") { [self] in
        try folder.remove("orphaned.wait")
        try await folder.expect(["replay", "orphaned", "--resume"])
      },
      AlertFault("PausedTooLong", "paused", "`hydra-sinks resume NAME`") { [self] in
        try await folder.expect(["resume", "paused"])
      },
    ]
  }

  private var sinks: [AlertFault] {
    [
      AlertFault("Stalled", "stalled", "at once after `hydra-sinks retry NAME`") { [self] in
        try await mendProgram("stalled", Self.collector)
      },
      AlertFault("Failing", "failing", "Correct its cause") { [self] in
        try await mendProgram("failing", Self.loader)
      },
      AlertFault("ReplayStalled", "replaying", "at once with `hydra-sinks retry NAME`") {
        [self] in
        try await mendProgram("replaying", Self.collector)
      },
      AlertFault("Lagging", "lagging", "proceed as when it is [`falling-behind`]") { [self] in
        try folder.remove("lagging.wait")
      },
    ]
  }

  private var archives: [AlertFault] {
    [
      AlertFault("Unknown", "unreadable", "restore or move aside a file that is damaged") {
        [self] in
        try folder.remove("state/unreadable/checkpoint.json")
        try folder.move("checkpoint.kept", to: "state/unreadable/checkpoint.json")
      },
      AlertFault("Rewound", "rewound", "`hydra-sinks replay NAME`, and the same with `--execute`") {
        [self] in
        try await folder.expect(["replay", "rewound", "--execute"])
      },
      AlertFault("VerifyFault", "damaged", "run the replay that the message names") { [self] in
        let status = try await folder.run("status").text
        guard let command = status.firstMatch(of: /hydra-sinks (replay damaged .* --execute)/)
        else {
          throw CLIFailure("no replay: \(status)")
        }
        try await folder.expect(command.output.1.split(separator: " ").map(String.init))
      },
      AlertFault("Unconfirmed", "damaged", "`verify NAME` decides") { [self] in
        try await folder.expect(["verify", "damaged"])
      },
    ]
  }

  private func mendProgram(_ name: String, _ text: String) async throws {
    try folder.write(text, to: name, mode: 0o700)
    try await folder.expect(["retry", name])
  }
}
