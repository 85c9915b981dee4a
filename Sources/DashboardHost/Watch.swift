internal import Dashboard
internal import Foundation
package import Setup
internal import Terminal
package import Wording

/// A dashboard on a terminal: the nodes that it shows, and how it ends.
///
/// One node is shown by its own dashboard. Several have a first view, from which each can be
/// entered.
package struct Watch: Sendable {
  package let nodes: NodeSet
  package let options: WatchOptions
  /// What to do where there is no node, line by line.
  package let advice: [String]
  /// Where there is no node: whether there is one to open by now.
  package let isReady: @Sendable () -> Bool

  package init(
    nodes: NodeSet, options: WatchOptions, advice: [String] = [],
    isReady: @escaping @Sendable () -> Bool = { false }
  ) {
    self.nodes = nodes
    self.options = options
    self.advice = advice
    self.isReady = isReady
  }

  /// Runs until the user, a signal or the vanished terminal ends it. What this process drives ends
  /// with the batch in hand.
  ///
  /// - Throws: a refusal where there is no terminal to show anything on.
  @discardableResult
  package func run() async throws(Refusal) -> WatchEnd {
    let inbox = Inbox()
    let watched = try WatchedNodes(nodes, interval: options.interval, inbox: inbox)
    let screen = try options.screen(inbox)
    defer { screen.close() }
    let loop = DashboardLoop(inbox: inbox, screen: screen, model: try model(on: screen))

    let end = await withDiscardingTaskGroup { group in
      group.addTask { await watched.run(isDriving: options.isDriving) }
      if nodes.members.isEmpty { group.addTask { await waitForNode(inbox) } }
      let end = await loop.run(&group) { watched.start($0, in: &$1) }
      screen.close()
      if case .quit(.cancel(let names)) = end { await watched.cancelReplays(of: names) }
      if watched.isBusy, end != .vanished {
        StandardError.say("ending with the batches in hand; Ctrl-C ends at once")
      }
      group.cancelAll()
      return end
    }
    await watched.keepPrimaries()
    return end
  }

  private func model(on screen: Screen) throws(Refusal) -> any ScreenModel {
    // What the whole configuration file says, each of its nodes has.
    let configuration = nodes.here.first?.configuration ?? Configuration()
    if !nodes.isSeveral, let setup = nodes.here.first {
      return Model(
        settings: options.settings(of: configuration, try setup.persistenceDir, on: screen),
        width: screen.columns, height: screen.lines)
    }
    var settings = options.settings(of: configuration, "", on: screen)
    settings.advice = advice
    var rows: [NodeRow] = []
    for member in nodes.members { rows.append(try NodeRow(member)) }
    return Fleet(settings: settings, nodes: rows, width: screen.columns, height: screen.lines)
  }

  /// Ends this screen once there is a node to open.
  private func waitForNode(_ inbox: Inbox) async {
    while !Task.isCancelled {
      if isReady() { return inbox.put(.ended(.found)) }
      try? await Task.sleep(for: .seconds(2))
    }
  }
}
