import Foundation

/// Several nodes under one driver, with a fault in the log of each.
final class BrokenFleet {
  let folder: CLIFolder
  private(set) var address = ""
  private var runs: [CLIRun] = []

  /// Takes a second a batch as long as there is a file `slow`.
  private static let collector = """
    #!/bin/sh
    if [ -e slow ]; then sleep 1; fi
    cat >/dev/null

    """

  private static let rotating = ["--rotate-after", "100", "--drop-archives"]

  init() async throws {
    folder = try CLIFolder()
    try folder.write(Self.collector, to: "collect", mode: 0o700)
    try folder.write("", to: "slow")
    let kept = ["tail", "anew", "quiet", "away"].map { node in
      "  - { name: \(node), persistence-dir: \(node),"
        + (node == "quiet" ? " silent-after: { warn: 10s }," : "")
        + " secondaries: [{ name: kept, kind: file, path: kept-\(node) }] }\n"
    }
    try folder.write(
      """
      state-dir: state
      silent-after: off
      metrics: 127.0.0.1:0
      nodes:
      \(kept.joined())  - name: rotating
          persistence-dir: rotating
          persistence-rotate-after: 100
          secondaries:
            - { name: early, kind: file, path: early }
            - { name: late, kind: file, path: late }
        - name: busy
          persistence-dir: busy
          secondaries:
            - { name: slow, kind: command, command: [./collect], max-events: 5 }
        - name: full
          persistence-dir: log
          secondaries: [{ name: kept, kind: file, path: kept-full }]

      """, to: "hydra-sinks.yaml")
    for (node, count) in [("tail", 100), ("anew", 100), ("quiet", 20), ("away", 20), ("busy", 500)]
    {
      try await simulate(node, count)
    }
    try await simulate("rotating", 50, Self.rotating)
    let current = ["tail/kept", "anew/kept", "away/kept", "rotating/early"]
    try await folder.expect(["run", "--until-head"] + current.flatMap { ["--only", $0] })
    try await breakLogs()
  }

  private func breakLogs() async throws {
    try await simulate("tail", 30, ["--lose-tail", "5"])
    try await simulate("anew", 120, ["--restart-log", "1", "--seed", "2"])
    try await simulate("rotating", 220, Self.rotating)
    try await folder.expect(["pause", "rotating/late", "--for", "1h"])
    try folder.move("away", to: "elsewhere")
    // A log of 5 MB on a disk of 8 MB.
    let driver = try MountNamespace.start(
      ["run"],
      behind: "mount -t tmpfs -o size=8m none \"$0\" && \"$1\" simulate \"$0\" --count 5000",
      in: folder)
    runs.append(driver)
    address = String(try await driver.metricsAddress().dropFirst("http://".count))
    try run("busy", rate: 20)
    runs.append(
      try inside([CLIProgram.path, "simulate", folder.log, "--rate", "10", "--count", "3000"]))
  }

  private func simulate(_ node: String, _ count: Int, _ more: [String] = []) async throws {
    try await folder.expect(["simulate", "\(folder.path)/\(node)", "--count", "\(count)"] + more)
  }

  /// Lets a node write for five minutes at most.
  private func run(_ node: String, rate: Int) throws {
    runs.append(
      try folder.start(
        ["simulate", "\(folder.path)/\(node)", "--rate", "\(rate)", "--count", "\(rate * 300)"]))
  }

  /// Runs a program that sees the driver's mounts.
  private func inside(_ words: [String]) throws -> CLIRun {
    try CLIRun(
      ["--target", "\(runs[0].pid)", "--mount"] + words, in: folder.path,
      environment: folder.environment, program: "/usr/bin/nsenter")
  }

  // MARK: - What to do

  var faults: [AlertFault] { secondaries + logs }

  private var secondaries: [AlertFault] {
    let replay = "`hydra-sinks replay NAME`"
    return [
      AlertFault("Diverged", "tail/kept", "\(replay) plans the rewind") { [self] in
        try await folder.expect(["replay", "tail/kept", "--execute"])
      },
      AlertFault("NewLog", "anew/kept", "\(replay), and the same with `--execute`") { [self] in
        try await folder.expect(["replay", "anew/kept", "--execute"])
      },
      AlertFault("Gap", "rotating/early", "`hydra-sinks replay NAME --clamp`") { [self] in
        try await folder.expect(["replay", "rotating/early", "--clamp", "--execute"])
      },
      AlertFault(
        "RotationLoss", "rotating/late", "`hydra-sinks resume NAME`",
        and: ["PausedTooLong rotating/late"]
      ) { [self] in
        try await folder.expect(["resume", "rotating/late"])
      },
      AlertFault("FallingBehind", "busy/slow", "find what slows the sink") { [self] in
        try folder.remove("slow")
      },
    ]
  }

  private var logs: [AlertFault] {
    [
      AlertFault("NodeSilent", "quiet", "over with the node's next event") { [self] in
        try run("quiet", rate: 5)
      },
      AlertFault(
        "LogUnreadable", "away", "check the path", and: ["Unknown away/kept", "Failing away/kept"]
      ) { [self] in
        try folder.move("elsewhere", to: "away")
      },
      AlertFault("LogWarning", "full", "make room") {},
      AlertFault("DiskFills", "full", "or make room") { [self] in
        let mount = try inside(["mount", "-o", "remount,size=1t", folder.log])
        let outcome = try await mount.end()
        guard outcome.code == 0 else { throw CLIFailure("\(outcome)") }
      },
    ]
  }
}
