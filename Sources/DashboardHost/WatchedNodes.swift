package import Dashboard
internal import EventPersistence
package import Setup
internal import Synchronization
package import Wording

/// The nodes of a dashboard: each is polled and driven on its own.
///
/// A single node is always entered, and its messages carry no name.
package final class WatchedNodes: Sendable {
  private let here: [WatchedNode]
  private let elsewhere: [RemoteNode]
  private let isSeveral: Bool
  private let inbox: Inbox
  private let state: Mutex<State>

  private struct State {
    /// The node whose dashboard is open.
    var entered: String?
    /// The interval of looks at the entered node.
    var interval: Duration
  }

  private static let clock = ContinuousClock()

  package convenience init(
    _ nodes: NodeSet, interval: Duration, inbox: Inbox
  ) throws(Refusal) {
    var here: [WatchedNode] = []
    var elsewhere: [RemoteNode] = []
    for member in nodes.members {
      switch member {
      case .here(let setup):
        here.append(try WatchedNode(setup, isSeveral: nodes.isSeveral, inbox: inbox))
      case .elsewhere(let name, let command):
        elsewhere.append(RemoteNode(name: name, command: command))
      }
    }
    self.init(
      here: here, elsewhere: elsewhere, isSeveral: nodes.isSeveral, interval: interval, inbox: inbox
    )
  }

  package init(
    here: [WatchedNode], elsewhere: [RemoteNode] = [], isSeveral: Bool, interval: Duration,
    inbox: Inbox
  ) {
    self.here = here
    self.elsewhere = elsewhere
    self.isSeveral = isSeveral
    self.inbox = inbox
    state = Mutex(State(entered: isSeveral ? nil : here.first?.name, interval: interval))
  }

  /// Watches all nodes until the task is cancelled.
  ///
  /// - Parameter isDriving: also drives their secondaries.
  package func run(isDriving: Bool) async {
    await withDiscardingTaskGroup { group in
      for node in here {
        node.tellNotes()
        group.addTask { await node.keepPrimary() }
        guard isDriving else { continue }
        group.addTask { await node.tellStates() }
        for secondary in node.runner.setup.configuration.secondaries where !secondary.isOnlyWatched
        {
          group.addTask { await node.runner.drive(secondary.name, isAnswered: false) }
        }
      }
      for node in elsewhere {
        group.addTask { await node.run() }
        group.addTask { await self.tell(node) }
      }
      await poll(&group)
    }
  }

  /// Whether this process drives or replays a secondary of any of them.
  package var isBusy: Bool { here.contains { $0.runner.isBusy } }

  /// Writes what the drivers and replays in this process learned about the logs.
  package func keepPrimaries() async {
    for node in here where node.runner.hasDriven { await node.keeper.write() }
  }

  // MARK: - Commands

  /// Starts `command` and returns at once.
  package func start(_ command: Command, in group: inout DiscardingTaskGroup) {
    switch command {
    case .setInterval(let interval):
      state.withLock { $0.interval = interval }
      hurry()
    case .enterNode(let name):
      state.withLock { $0.entered = name }
      hurry()
    case .node(let name, let command):
      here.first { $0.name == name }?.runner.start(command, in: &group)
    default:
      if !isSeveral { here.first?.runner.start(command, in: &group) }
    }
  }

  private func hurry() {
    let entered = state.withLock { $0.entered }
    for node in here where node.name == entered { node.hurry() }
  }

  /// Cancels the replays of `names`; with several nodes, these are `NODE/NAME`.
  package func cancelReplays(of names: [String]) async {
    for node in here {
      let prefix = isSeveral ? "\(node.name)/" : ""
      await node.runner.cancelReplays(
        of: names.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) })
    }
  }

  // MARK: - Polling

  /// Looks at each node in a task of its own, so that a node whose disk hangs delays no other. Sends
  /// the time if no look does, so that the age of old looks shows.
  private func poll(_ group: inout DiscardingTaskGroup) async {
    for node in here {
      group.addTask { await node.watch { self.pace(of: node) } }
    }
    var now = Self.clock.now
    while !Task.isCancelled {
      try? await Self.clock.sleep(until: now + .seconds(1))
      now = Self.clock.now
      let entered = state.withLock { $0.entered }
      var isTimeTold = false
      for node in here {
        await node.tellIfOverdue(at: now)
        // Each look at the entered node contains the time, and one frame a second is enough.
        if node.name == entered {
          isTimeTold = await node.isShown(since: now - .milliseconds(1500))
        }
      }
      if !isTimeTold { inbox.tell(.tick(.now)) }
    }
  }

  private func pace(of node: WatchedNode) -> WatchedNode.Pace {
    state.withLock {
      WatchedNode.Pace(isEntered: node.name == $0.entered, interval: $0.interval)
    }
  }

  /// Sends what arrives from a node on another machine, at most once a second.
  private func tell(_ node: RemoteNode) async {
    var told: NodeRow?
    while !Task.isCancelled {
      let row = await NodeRow(node)
      if row != told {
        inbox.tell(.nodeSeen(row))
        told = row
      }
      try? await Task.sleep(for: .seconds(1))
    }
  }
}

extension NodeRow {
  /// A node before the first look at it.
  init(_ member: NodeSet.Member) throws(Refusal) {
    switch member {
    case .here(let setup): self.init(name: try setup.nodeName, place: .here)
    case .elsewhere(let name, let command):
      self.init(name: name, place: .elsewhere(command: RemoteNode.watchCommand(of: command)))
    }
  }

  /// The newest document of a node on another machine.
  init(_ node: RemoteNode) async {
    let (document, at) = await node.latest()
    self.init(
      name: node.name, place: .elsewhere(command: RemoteNode.watchCommand(of: node.command)),
      status: document, at: at, trouble: await node.trouble)
  }
}

extension Setup {
  /// The name of this node in the first view.
  var nodeName: String {
    get throws(Refusal) {
      if let name = title ?? node { return name }
      return try persistenceDir
    }
  }
}
