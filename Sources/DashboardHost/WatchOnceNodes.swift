internal import Dashboard
internal import EventPersistence
internal import Foundation
internal import HydraLog
internal import SecondaryStatus
package import Setup
internal import Terminal
internal import Wording

/// `watch --once` of several nodes: the first view of all of them as plain text, each with its worst state.
package struct WatchOnceNodes {
  package let nodes: NodeSet
  package let interval: Duration

  package init(
    nodes: NodeSet, interval: Duration
  ) {
    self.nodes = nodes
    self.interval = interval
  }

  /// Looks twice, a second apart, so that there are rates to show, and prints the frame: high enough for
  /// every node. One on another machine is waited for as `status` does.
  package func print() async throws {
    // All are looked at at once: a machine that does not answer holds up no other.
    let rows = try await withThrowingTaskGroup(of: (Int, NodeRow).self) { group in
      for (index, member) in nodes.members.enumerated() {
        group.addTask { (index, try await Self.row(member)) }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    let width = Screen.size?.columns ?? 132
    var fleet = Fleet(
      settings: Settings(
        persistenceDir: "", interval: interval, isUTF8: Screen.isLocaleUTF8, hasColors: false,
        isReadOnly: true),
      nodes: rows.sorted { $0.0 < $1.0 }.map(\.1), width: width,
      height: Fleet.height(nodes: rows.count))
    _ = fleet.update(.tick(.now))
    fleet.selectWorst()
    var text = fleet.view().plainText
    while text.hasSuffix("\n") { text.removeLast() }
    StandardOutput.line(text)
  }

  private static func row(_ member: NodeSet.Member) async throws -> NodeRow {
    switch member {
    case .here(let setup):
      setup.tell()
      let source = try setup.source()
      let observer = try setup.observer(source)
      var trend = PrimaryTrend()
      var observation = await observer.look()
      trend.observe(observation.survey, at: observation.instant / .seconds(1))
      try await Task.sleep(for: .seconds(1))
      observation = await observer.look()
      trend.observe(observation.survey, at: observation.instant / .seconds(1))
      return NodeRow(
        name: setup.title ?? setup.node ?? source.path, place: .here,
        status: StatusDocument(observation), at: observation.at,
        ratePerSecond: trend.ratePerSecond)
    case .elsewhere(let name, let command):
      let node = RemoteNode(name: name, command: command)
      _ = await node.document()
      let (document, at) = await node.latest()
      let trouble = await node.trouble
      await node.end()
      return NodeRow(
        name: name, place: .elsewhere(command: RemoteNode.watchCommand(of: command)),
        status: document, at: at, trouble: trouble)
    }
  }
}
