import ArgumentParser
import DashboardHost
import EventPersistence
import Foundation
import HydraLog
import Logging
import Metrics
import SecondaryStatus
import Setup
import SimulatedNode
import Wording

/// `demo`: a simulated node, sinks in different states, and the dashboard.
struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract:
      "Show everything at work: a simulated node, sinks in different states, the dashboard.",
    discussion: """
      Everything is in a temporary folder and is removed at the end. The secondary "audit" is \
      stalled, because its program is missing. The demo installs it when you ask for it: move to \
      "audit" with j and press R, then y; or T.
      """)

  @Flag(help: "Run without the dashboard, and print how to open one.")
  var headless = false

  @Option(
    help: ArgumentHelp("Serve metrics for Prometheus there.", valueName: "address:port"),
    transform: DemoCommand.address)
  var metrics: MetricsAddress?

  /// How many events the log has before anything else begins.
  private static let past = 3000
  private static let eventsPerSecond = 20.0

  func run() async throws {
    let stage = try DemoStage()
    defer { stage.strike() }
    try await SimulatedNode(
      .init(directory: stage.log, count: Self.past, seed: 7, payloadBytes: 700)
    ).run()
    var setup = try Setup.make(
      request: .init(config: stage.configuration, directory: nil, sinks: []),
      environment: ProcessInfo.processInfo.environment)
    setup.configuration.metrics = metrics
    let nodes = NodeSet(members: [.here(setup)], isSeveral: false)
    guard headless else {
      let log = Logger(label: "hydra-sinks") { _ in SwiftLogNoOpLogHandler() }
      try await play(stage) {
        _ = try await nodes.servingMetrics(log: log) {
          try await Watch(nodes: nodes, options: WatchOptions(isDriving: true, isDemo: true)).run()
        }
      }
      return
    }
    StandardError.say(
      "a node and its sinks run in \(stage.folder) until Ctrl-C. Watch them with: "
        + "hydra-sinks watch --config \(stage.configuration)")
    let drive = try NodeDrive(setup, log: CalmLog.logger())
    let entries = setup.configuration.secondaries
    try await Interrupts.cancelling(saying: "ending, and removing \(stage.folder)") {
      try await play(stage) {
        _ = try await nodes.servingMetrics(log: CalmLog.logger()) {
          try await drive.run(entries)
        }
      }
    }
  }

  private static func address(_ text: String) throws -> MetricsAddress {
    guard let address = MetricsAddress(text) else {
      throw ValidationError("--metrics: expected \(MetricsAddress.expectation), found \"\(text)\".")
    }
    return address
  }

  /// Runs the node and the sinks, and repairs the fault, until `audience` returns.
  private func play(
    _ stage: DemoStage, audience: @escaping @Sendable () async throws -> Void
  ) async throws {
    try await withThrowingTaskGroup(of: Bool.self) { group in
      group.addTask {
        try await SimulatedNode(
          .init(
            directory: stage.log, rate: Self.eventsPerSecond, seed: 7, payloadBytes: 700)
        ).run()
        return false
      }
      group.addTask {
        try await explore(stage, PersistenceDirectory(path: stage.log))
        return false
      }
      group.addTask {
        try await stage.healWhenAsked()
        return false
      }
      group.addTask {
        try await audience()
        return true
      }
      while let result = await group.nextResult() {
        switch result {
        case .success(let isOver): if isOver { group.cancelAll() }
        case .failure(is CancellationError): group.cancelAll()
        case .failure(let error): throw error
        }
      }
    }
  }

  /// A foreign sink, one second behind.
  private func explore(_ stage: DemoStage, _ log: PersistenceDirectory) async throws {
    while true {
      let head = await log.survey().head
      try await Task.sleep(for: .seconds(1))
      if let head { try stage.publish(head) }
    }
  }
}
