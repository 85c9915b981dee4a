internal import Dashboard
internal import EventPersistence
internal import Foundation
internal import HydraLog
package import SecondaryStatus
package import Setup
internal import Synchronization
internal import Terminal
package import Wording

/// A dashboard of several nodes on a terminal: the first view, and the node that is entered.
package struct WatchNodes: Sendable {
  package let nodes: NodeSet
  package let options: WatchOptions

  /// What to do where there is no node.
  package let advice: [String]
  /// Whether there is something to open by now.
  package let isReady: @Sendable () -> Bool

  private let inbox = Inbox()

  package init(
    nodes: NodeSet, options: WatchOptions, advice: [String] = [],
    isReady: @escaping @Sendable () -> Bool = { false }
  ) {
    self.nodes = nodes
    self.options = options
    self.advice = advice
    self.isReady = isReady
  }

  /// Runs until the user, a signal or the vanished terminal ends it; what is driven here ends at the end of
  /// the batch in hand.
  ///
  /// - Throws: a refusal where there is no terminal to show anything on.
  @discardableResult
  package func run() async throws -> WatchEnd {
    let screen = try options.screen(inbox)
    defer { screen.close() }
    let interval = WatchInterval(options.interval)
    let watched = try nodes.here.map {
      try WatchedNode($0, inbox: inbox, interval: interval) { screen.perform(.copy($0)) }
    }
    let remote = nodes.members.compactMap { member -> RemoteNode? in
      guard case .elsewhere(let name, let command) = member else { return nil }
      return RemoteNode(name: name, command: command)
    }
    let poll = NodesPoll(nodes: watched, interval: interval, inbox: inbox)
    let runners = Dictionary(uniqueKeysWithValues: watched.map { ($0.name, $0.runner) })
    let model = Fleet(
      settings: settings(on: screen), nodes: rows(watched, remote),
      width: screen.columns, height: screen.lines)

    return await withDiscardingTaskGroup { group in
      group.addTask { await poll.run() }
      if nodes.members.isEmpty { group.addTask { await waitForNode() } }
      for node in remote { group.addTask { await tell(node) } }
      for node in watched {
        if options.isDriving {
          for secondary in node.runner.setup.configuration.secondaries
          where !secondary.isOnlyWatched {
            group.addTask { await node.runner.drive(secondary.name, isAnswered: false) }
          }
        }
      }
      let end = await DashboardLoop(inbox: inbox, screen: screen, model: model).run(&group) {
        switch $0 {
        case .node(let name, let command): runners[name]?.start(command, in: &$1)
        case .enterNode(let name): poll.enter(name)
        case .setInterval(let duration): interval.set(duration)
        default: break
        }
      }
      screen.close()
      if case .quit(.cancel(let names)) = end {
        for (node, runner) in runners {
          let prefix = "\(node)/"
          await runner.cancelReplays(
            of: names.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) })
        }
      }
      let isBusy = runners.values.contains {
        !($0.drivenHere.all + $0.replaysHere.all).isEmpty
      }
      if isBusy, end != .vanished {
        StandardError.say("ending with the batches in hand; Ctrl-C ends at once")
      }
      for node in remote { await node.end() }
      group.cancelAll()
      return end
    }
  }

  /// Ends this screen once there is something to open.
  private func waitForNode() async {
    while !Task.isCancelled {
      if isReady() { return inbox.put(.ended(.found)) }
      try? await Task.sleep(for: .seconds(2))
    }
  }

  private func settings(on screen: Screen) -> Settings {
    // What is the whole file's, each node has.
    let configuration = nodes.here.first?.configuration ?? Configuration()
    var settings = options.settings(of: configuration, "", on: screen)
    settings.advice = advice
    return settings
  }

  /// In the order of the configuration.
  private func rows(_ watched: [WatchedNode], _ remote: [RemoteNode]) -> [NodeRow] {
    var here = watched.map { NodeRow(name: $0.name, place: .here) }[...]
    var elsewhere = remote.map { node in
      NodeRow(
        name: node.name, place: .elsewhere(command: RemoteNode.watchCommand(of: node.command)))
    }[...]
    return nodes.members.map {
      if case .here = $0 { here.removeFirst() } else { elsewhere.removeFirst() }
    }
  }

  /// Tells what comes of a node on another machine, once a second at most.
  private func tell(_ node: RemoteNode) async {
    let place = NodeRow.Place.elsewhere(command: RemoteNode.watchCommand(of: node.command))
    var told: NodeRow?
    while !Task.isCancelled {
      let (document, at) = await node.latest()
      let row = NodeRow(
        name: node.name, place: place, status: document, at: at, trouble: await node.trouble)
      if row != told {
        inbox.tell(.nodeSeen(row))
        told = row
      }
      try? await Task.sleep(for: .seconds(1))
    }
  }
}

/// A node on this machine, as it is polled.
package struct WatchedNode: Sendable {
  package let name: String
  package let runner: CommandRunner
  package let observer: Observer

  package init(
    _ setup: Setup, inbox: Inbox, interval: WatchInterval,
    copy: @escaping @Sendable (String) -> Void
  ) throws(Refusal) {
    let source = try setup.source()
    name = setup.title ?? setup.node ?? source.path
    runner = CommandRunner(
      setup: setup, source: source, tail: EventTail(source: source), inbox: inbox.of(name),
      interval: interval,
      searcher: LogSearcher(source: source, inbox: inbox.of(name)), copy: copy)
    observer = try setup.observer(source)
  }
}

/// The one loop that polls all nodes: the one that is entered at each interval, the others less often.
package final class NodesPoll: Sendable {
  package let nodes: [WatchedNode]
  package let interval: WatchInterval
  package let inbox: Inbox

  private let entered = Mutex<String?>(nil)

  /// How often a node that is not entered is looked at, at most: 50 nodes then cost 25 looks a second.
  package static let restInterval = Duration.seconds(2)

  package init(nodes: [WatchedNode], interval: WatchInterval, inbox: Inbox) {
    self.nodes = nodes
    self.interval = interval
    self.inbox = inbox
  }

  package func enter(_ name: String?) { entered.withLock { $0 = name } }

  /// Runs until its task is cancelled.
  package func run() async {
    let clock = ContinuousClock()
    var polled = nodes.map(PolledNode.init)
    var tickedAt = clock.now - .seconds(3600)
    while !Task.isCancelled {
      let began = clock.now
      let name = entered.withLock { $0 }
      for index in polled.indices {
        let isEntered = polled[index].node.name == name
        guard isEntered || began - polled[index].lookedAt >= Self.restInterval else { continue }
        await polled[index].look(at: began, isEntered: isEntered)
        // The one that is entered is not kept waiting for all the others.
        if !isEntered, clock.now - began > .milliseconds(50) { break }
      }
      // Old looks grow visibly old, and ages count on.
      if began - tickedAt >= .seconds(1) {
        tickedAt = began
        inbox.tell(.tick(.now))
      }
      let pause = name == nil ? max(interval.duration, .milliseconds(250)) : interval.duration
      try? await clock.sleep(until: began + pause)
    }
  }
}

/// A node and what is kept of its looks.
private struct PolledNode {
  package let node: WatchedNode
  package private(set) var lookedAt = ContinuousClock.now - .seconds(3600)
  private var trend = PrimaryTrend()
  private var toldAt = ContinuousClock.now - .seconds(3600)
  private var shown: Observation?
  private var shownAt = ContinuousClock.now - .seconds(3600)

  package init(_ node: WatchedNode) { self.node = node }

  package mutating func look(at instant: ContinuousClock.Instant, isEntered: Bool) async {
    let observation = await node.observer.look()
    lookedAt = instant
    trend.observe(observation.survey, at: observation.instant / .seconds(1))
    let inbox = node.runner.inbox
    if isEntered {
      // A look that tells nothing new is told once a second.
      let isNew = shown.map { observation.tellsMore(than: $0) } ?? true
      if isNew || instant - shownAt >= .seconds(1) {
        shown = observation
        shownAt = instant
        inbox.tell(
          .observed(
            Observed(
              observation, trend: trend, setup: node.runner.setup,
              drivenHere: node.runner.drivenHere)))
      }
      // An error here is the survey's at the next look.
      if let head = observation.survey.head,
        let arrival = try? await node.runner.tail.arrival(through: head)
      {
        inbox.tell(.arrived(arrival.rows, left: arrival.left))
      }
    }
    if !isEntered { shown = nil }
    guard !isEntered || instant - toldAt >= NodesPoll.restInterval else { return }
    toldAt = instant
    inbox.of(nil).tell(
      .nodeSeen(
        NodeRow(
          name: node.name, place: .here, status: StatusDocument(observation), at: observation.at,
          ratePerSecond: trend.ratePerSecond)))
  }
}
