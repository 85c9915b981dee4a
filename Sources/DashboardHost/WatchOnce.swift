internal import Dashboard
internal import EventPersistence
internal import HydraLog
internal import SecondaryStatus
package import Setup
internal import Terminal
internal import Wording

/// `watch --once`: one frame as plain text, for a bug report or for cron.
///
/// With one node, it is the dashboard; with several, it is the first view, high enough for all of
/// them, with the worst one explained.
package struct WatchOnce {
  package let nodes: NodeSet
  package let interval: Duration

  package init(nodes: NodeSet, interval: Duration) {
    self.nodes = nodes
    self.interval = interval
  }

  /// Looks twice, a second apart, to have rates, and prints the frame. It waits for a node on
  /// another machine as `status` does.
  package func print() async throws {
    var text: String
    if !nodes.isSeveral, let setup = nodes.here.first {
      text = try await dashboard(of: setup)
    } else {
      text = try await firstView()
    }
    while text.hasSuffix("\n") { text.removeLast() }
    StandardOutput.line(text)
  }

  private func settings(_ persistenceDir: String) -> Settings {
    Settings(
      persistenceDir: persistenceDir, interval: interval, isUTF8: Screen.isLocaleUTF8,
      hasColors: false, isReadOnly: true)
  }

  // MARK: - One node

  private func dashboard(of setup: Setup) async throws -> String {
    let source = try setup.source(isForLooks: true)
    let size = Screen.size ?? (columns: 132, lines: 40)
    var model = Model(settings: settings(source.path), width: size.columns, height: size.lines)
    var commands = model.start()
    for note in setup.notes { commands += model.update(.configured(.note(note))) }
    try await Self.lookTwice(at: source, of: setup) { observation, trend in
      commands += model.update(.tick(observation.at))
      commands += model.update(.observed(Observed(observation, trend: trend)))
    }
    for case .load(let request) in commands {
      do throws(SourceError) {
        let loaded = try await EventPages(source: source).load(request)
        _ = model.update(.loaded(loaded))
      } catch {
        _ = model.update(.loadFailed(request, error.message))
      }
    }
    return model.view().plainText
  }

  private static func lookTwice(
    at source: any EventSource, of setup: Setup,
    _ show: (Observation, PrimaryTrend) async -> Void
  ) async throws {
    let observer = try setup.observer(source)
    var trend = PrimaryTrend()
    for isLast in [false, true] {
      let observation = await observer.look()
      trend.observe(observation.survey, at: observation.instant / .seconds(1))
      await show(observation, trend)
      if !isLast { try await Task.sleep(for: .seconds(1)) }
    }
  }

  // MARK: - Several nodes

  private func firstView() async throws -> String {
    // All at once: a machine that does not answer delays no other.
    let rows = try await withThrowingTaskGroup(of: (Int, NodeRow).self) { group in
      for (index, member) in nodes.members.enumerated() {
        group.addTask { (index, try await Self.row(member)) }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    var fleet = Fleet(
      settings: settings(""), nodes: rows.sorted { $0.0 < $1.0 }.map(\.1),
      width: Screen.size?.columns ?? 132, height: Fleet.height(nodes: rows.count))
    _ = fleet.update(.tick(.now))
    return fleet.view().plainText
  }

  private static func row(_ member: NodeSet.Member) async throws -> NodeRow {
    switch member {
    case .here(let setup):
      setup.tell()
      var row = try NodeRow(member)
      try await lookTwice(at: try setup.source(isForLooks: true), of: setup) { observation, trend in
        row.status = StatusDocument(observation)
        row.at = observation.at
        row.ratePerSecond = trend.ratePerSecond
      }
      return row
    case .elsewhere(let name, let command):
      let node = RemoteNode(name: name, command: command)
      _ = await node.once()
      return await NodeRow(node)
    }
  }
}
