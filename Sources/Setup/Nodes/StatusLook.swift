package import SecondaryStatus
package import Wording
package import EventPersistence
internal import Foundation

/// Looks at one of the nodes, again and again, as `status` does.
package struct StatusLook: Sendable {
  private enum Place: Sendable {
    case here(Observer)
    case elsewhere(RemoteNode)
  }

  private let title: String?
  private let place: Place

  package init(_ member: NodeSet.Member, isSeveral: Bool) throws(Refusal) {
    switch member {
    case .here(let setup):
      setup.tell()
      title = isSeveral ? setup.title : nil
      place = .here(try setup.observer(try setup.source()))
    case .elsewhere(let name, let command):
      title = name
      place = .elsewhere(RemoteNode(name: name, command: command))
    }
  }

  package func document() async -> StatusDocument {
    var document =
      switch place {
      case .here(let observer): StatusDocument(await observer.look())
      case .elsewhere(let node): await node.document()
      }
    document.node = title
    return document
  }

  /// Ends what a look left running.
  package func end() async {
    if case .elsewhere(let node) = place { await node.end() }
  }
}

/// A node on another machine: the newest document of its command, which is started again when it ends.
package actor RemoteNode {
  /// `status --watch` says something at least each 10 s: one that is older is stale.
  package static let freshSeconds = 15.0
  /// How long the first document may take: a connection is made meanwhile.
  package static let patience = Duration.seconds(15)
  package static let restartInterval = Duration.seconds(10)

  package nonisolated let name: String
  package nonisolated let command: [String]

  private var newest: StatusDocument?
  private var arrivedAt: ContinuousClock.Instant?
  package private(set) var trouble: String?
  private var reading: Task<Void, Never>?
  private var waiting: [CheckedContinuation<Void, Never>] = []

  package init(name: String, command: [String]) {
    self.name = name
    self.command = command
  }

  deinit { reading?.cancel() }

  /// The newest document; of the first, waits `patience` for it. One that is stale says so.
  package func document() async -> StatusDocument {
    start()
    if newest == nil, trouble == nil { await first() }
    guard var document = newest else {
      return StatusDocument(
        unreachable: command.joined(separator: " "), because: trouble ?? "it said nothing yet",
        at: .now)
    }
    if let age, age > Self.freshSeconds {
      document.primary.severity = max(document.primary.severity, .unknown)
      document.primary.explanation =
        "as of \(Int(age)) s ago: \(trouble ?? "\(command[0]) fell silent")"
    }
    return document
  }

  /// The newest document and when it came, as far as there is one; starts the command where that was not done.
  package func latest() -> (document: StatusDocument?, at: EventTime?) {
    start()
    return (newest, age.map { EventTime.now.advanced(bySeconds: -$0) })
  }

  /// The line that shows the node's own dashboard: the same command with `watch` for `status`, on a terminal.
  package nonisolated static func watchCommand(of status: [String]) -> String {
    guard let verb = status.lastIndex(of: "status") else { return status.joined(separator: " ") }
    var words = Array(status[..<verb]) + ["watch"]
    words += status[(verb + 1)...].filter { !["--json", "--watch"].contains($0) }
    if words.first?.split(separator: "/").last == "ssh", !words.contains("-t") {
      words.insert("-t", at: 1)
    }
    return words.joined(separator: " ")
  }

  /// Ends the command; the next `document` starts it again.
  package func end() {
    reading?.cancel()
    reading = nil
  }

  /// For how many seconds nothing came; nil before the first document.
  package var age: Double? { arrivedAt.map { (ContinuousClock.now - $0) / .seconds(1) } }

  private func start() {
    guard reading == nil else { return }
    reading = Task { [weak self, command] in
      while !Task.isCancelled {
        for await news in RemoteStatus(command).news() {
          guard let self else { return }
          await self.take(news)
        }
        try? await Task.sleep(for: Self.restartInterval)
      }
    }
  }

  private func take(_ news: RemoteStatus.News) {
    switch news {
    case .document(let document):
      newest = document
      arrivedAt = .now
      trouble = nil
    case .ended(let why): trouble = why
    }
    for continuation in waiting { continuation.resume() }
    waiting = []
  }

  private func first() async {
    let timeout = Task {
      try? await Task.sleep(for: Self.patience)
      self.giveUp()
    }
    await withCheckedContinuation { waiting.append($0) }
    timeout.cancel()
  }

  private func giveUp() {
    guard newest == nil, trouble == nil else { return }
    take(.ended("\(command.joined(separator: " ")) said nothing within \(Self.patience)"))
  }
}
