internal import Dashboard
internal import EventPersistence
internal import Foundation
package import Setup
internal import Terminal
package import Wording

/// A dashboard on a terminal.
///
/// One node has its own dashboard. Several nodes have a first view, from which each can be entered.
package struct Watch: Sendable {
  package let nodes: NodeSet
  package let options: WatchOptions
  /// What to do if there is no node, line by line.
  package let advice: [String]
  /// If there is no node: whether there is now one to open.
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

  /// Runs until the user, a signal or the loss of the terminal ends it. Drivers in this process end
  /// after the current batch.
  ///
  /// - Throws: a refusal if there is no terminal.
  @discardableResult
  package func run() async throws(Refusal) -> WatchEnd {
    let inbox = Inbox()
    let watched = try WatchedNodes(nodes, interval: options.interval, inbox: inbox)
    let screen = try options.screen(inbox)
    defer { screen.close() }
    var model = try model(on: screen)
    // The log panel dates each note. A message would take a frame of the first few.
    _ = model.update(.tick(.now))
    let loop = DashboardLoop(inbox: inbox, screen: screen, model: model)

    let end = await withDiscardingTaskGroup { group in
      group.addTask { await watched.run(isDriving: options.isDriving) }
      if nodes.members.isEmpty { group.addTask { await waitForNode(inbox) } }
      let end = await loop.run(&group) { watched.start($0, in: &$1) }
      screen.close()
      if case .quit(.cancel(let names)) = end { await watched.cancelReplays(of: names) }
      if watched.isBusy, end != .vanished {
        StandardError.say("ending after the current batches; Ctrl-C ends at once")
      }
      group.cancelAll()
      return end
    }
    await watched.keepPrimaries()
    return end
  }

  private func model(on screen: Screen) throws(Refusal) -> any ScreenModel {
    // The settings of the whole configuration file are the same in each of its nodes.
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
