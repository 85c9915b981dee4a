internal import EventPersistence
package import Logging
package import Metrics
internal import SecondaryStatus
package import Wording

/// Serves the metrics of nodes whose secondaries this process drives.
///
/// A request costs at most one look a second at each node, as `status` takes it, whoever asks how
/// often.
package actor MetricsService {
  private struct Node {
    var name: String?
    var setup: Setup
    var look: TimedLook
    var trend = PrimaryTrend()
  }

  /// How long a page is good for.
  private static let validity = Duration.seconds(1)
  /// How long a request waits for a node's disk.
  private static let deadline = Duration.seconds(5)

  private struct Seen: Sendable {
    var nodes: [MetricsNode] = []
    /// Why other nodes are not among them.
    var troubles: [String] = []
  }

  private var nodes: [Node]
  private let version: String
  private var seen: (looks: Task<Seen, Never>, at: ContinuousClock.Instant)?

  /// - Parameter version: of the program.
  package init(_ setups: [Setup], version: String) throws(Refusal) {
    nodes = try Self.nodes(setups)
    self.version = version
  }

  /// Serves what `setups`, of the same nodes, are about from now on.
  package func adopt(_ setups: [Setup]) throws(Refusal) {
    nodes = try Self.nodes(setups)
    seen = nil
  }

  private static func nodes(_ setups: [Setup]) throws(Refusal) -> [Node] {
    var nodes: [Node] = []
    for setup in setups {
      nodes.append(
        Node(
          name: setup.title, setup: setup,
          look: TimedLook(try setup.observer(try setup.source()))))
    }
    return nodes
  }

  /// Serves at `address` until the task is cancelled.
  ///
  /// An address that cannot be listened on is an error of the log: driving goes on without metrics.
  package nonisolated func serve(at address: MetricsAddress, log: Logger) async {
    let server: MetricsServer
    do {
      server = try await MetricsServer.listen(
        at: address,
        pages: [
          "/metrics": { await self.metrics() }, "/healthz": { await self.health() },
          "/readyz": { await self.readiness() },
        ])
    } catch {
      log.error(
        "metrics: \(address) could not be listened on: \(error). Driving goes on without them.")
      return
    }
    var bound = address.description
    if let port = server.port, port != address.port {
      bound =
        MetricsAddress("\(address.description.dropLast("\(address.port)".count))\(port)")!
        .description
    }
    log.info("metrics: served at http://\(bound)/metrics")
    // Nothing else is to be done until then.
    while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
    await server.close()
  }

  // MARK: - Pages

  package func metrics() async -> MetricsServer.Answer {
    let seen = await looked()
    guard seen.troubles.isEmpty || !seen.nodes.isEmpty else {
      return MetricsServer.Answer(503, Self.lines(seen.troubles))
    }
    return MetricsServer.Answer(
      200, MetricsPage(seen.nodes, version: version).text, contentType: MetricsPage.contentType)
  }

  /// Whether the loops that drive are alive.
  package func health() -> MetricsServer.Answer {
    var liveness = DriveLiveness()
    for node in nodes { liveness.add(node.setup.meters) { node.setup.argument($0) } }
    if let trouble = liveness.trouble { return MetricsServer.Answer(503, trouble + "\n") }
    guard liveness.alive > 0 else { return MetricsServer.Answer(503, "no secondary is driven\n") }
    return MetricsServer.Answer(
      200, "ok: \(liveness.alive) \(liveness.alive == 1 ? "loop" : "loops")\n")
  }

  /// Whether the state and the logs can be read. A lag is no reason not to be ready.
  package func readiness() async -> MetricsServer.Answer {
    let seen = await looked()
    var troubles = seen.troubles
    for node in seen.nodes {
      let observation = node.observation
      let name = node.name ?? observation.persistenceDir
      switch observation.survey.state {
      case .live, .silent: break
      case .missing, .ambiguous, .unreadable:
        troubles.append(
          "\(name): \(observation.survey.sentence ?? observation.survey.state.rawValue)")
      }
      if let trouble = observation.stateTrouble { troubles.append("\(name): \(trouble.message)") }
    }
    guard troubles.isEmpty else { return MetricsServer.Answer(503, Self.lines(troubles)) }
    return MetricsServer.Answer(200, "ok\n")
  }

  private static func lines(_ troubles: [String]) -> String {
    troubles.map { Visible.text($0) + "\n" }.joined()
  }

  // MARK: - Looks

  /// What each node shows, at most a second ago.
  private func looked() async -> Seen {
    let now = ContinuousClock.now
    if let seen, now - seen.at < Self.validity { return await seen.looks.value }
    let looks = Task { await look() }
    seen = (looks, now)
    return await looks.value
  }

  /// What all looks find at the same time, in their order; nil for one that takes too long.
  private static func observations(_ looks: [TimedLook]) async -> [Observation?] {
    await withTaskGroup(of: (Int, Observation?).self) { group in
      for (index, look) in looks.enumerated() {
        group.addTask { (index, await look.observation(within: deadline)) }
      }
      var found = [Observation?](repeating: nil, count: looks.count)
      for await (index, observation) in group { found[index] = observation }
      return found
    }
  }

  private func look() async -> Seen {
    let observations = await Self.observations(nodes.map(\.look))
    var seen = Seen()
    for index in nodes.indices {
      guard let observation = observations[index] else {
        let name = nodes[index].name ?? (try? nodes[index].setup.persistenceDir) ?? "the log"
        seen.troubles.append("\(name): \(StatusLook.overdue(Self.deadline))")
        continue
      }
      nodes[index].trend.observe(observation.survey, at: observation.instant / .seconds(1))
      let freeBytes = observation.freeBytes
      seen.nodes.append(
        MetricsNode(
          name: nodes[index].name, observation: observation,
          counts: nodes[index].setup.meters.counts, freeBytes: freeBytes,
          secondsUntilFull: nodes[index].trend.secondsUntilFull(freeBytes: freeBytes)))
    }
    return seen
  }
}
