package import EventPersistence
internal import Foundation
package import SecondaryStatus

/// A node on another machine: the newest document of its command, which is started again when it
/// ends.
package actor RemoteNode {
  /// `status --watch` prints at least every 10 s: an older document is stale.
  package static let freshSeconds = 15.0
  /// How long the first document may take: the command has to connect first.
  package static let patience = Duration.seconds(15)
  package static let restartInterval = Duration.seconds(10)

  package nonisolated let name: String
  package nonisolated let command: [String]

  private var newest: StatusDocument?
  private var arrivedAt: ContinuousClock.Instant?
  package private(set) var trouble: String?
  private var waiting: [CheckedContinuation<Void, Never>] = []

  package init(name: String, command: [String]) {
    self.name = name
    self.command = command
  }

  /// Runs the command until the task is cancelled. Starts it again `restartInterval` after it ends.
  package func run() async {
    while !Task.isCancelled {
      for await news in RemoteStatus(command).news() { take(news) }
      try? await Task.sleep(for: Self.restartInterval)
    }
  }

  /// The newest document while `run` runs. Waits `patience` for the first. A stale document says
  /// that it is stale.
  package func document() async -> StatusDocument {
    if newest == nil, trouble == nil { await waitForNews() }
    guard var document = newest else {
      return StatusDocument(
        unreachable: command.joined(separator: " "), because: trouble ?? "it has not printed yet",
        at: .now)
    }
    if let age, age > Self.freshSeconds {
      document.primary.severity = max(document.primary.severity, .unknown)
      document.primary.explanation =
        "as of \(Int(age)) s ago: \(trouble ?? "\(command[0]) has stopped printing")"
    }
    return document
  }

  /// Runs the command until its first document, or until it is clear that there will be none.
  package func once() async -> StatusDocument {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.run() }
      defer { group.cancelAll() }
      return await document()
    }
  }

  /// The newest document and when it came; nil before the first.
  package func latest() -> (document: StatusDocument?, at: EventTime?) {
    (newest, age.map { EventTime.now.advanced(bySeconds: -$0) })
  }

  /// The line that shows the node's own dashboard: the same command with `watch` for `status`, on a
  /// terminal.
  package nonisolated static func watchCommand(of status: [String]) -> String {
    guard let verb = status.lastIndex(of: "status") else { return status.joined(separator: " ") }
    var words = Array(status[..<verb]) + ["watch"]
    words += status[(verb + 1)...].filter { !["--json", "--watch"].contains($0) }
    if words.first?.split(separator: "/").last == "ssh", !words.contains("-t") {
      words.insert("-t", at: 1)
    }
    return words.joined(separator: " ")
  }

  /// How many seconds ago the newest document came; nil before the first.
  private var age: Double? { arrivedAt.map { (ContinuousClock.now - $0) / .seconds(1) } }

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

  private func waitForNews() async {
    await withDiscardingTaskGroup { group in
      group.addTask {
        try? await Task.sleep(for: Self.patience)
        await self.giveUp()
      }
      await withCheckedContinuation { waiting.append($0) }
      group.cancelAll()
    }
  }

  private func giveUp() {
    guard newest == nil, trouble == nil else { return }
    take(.ended("\(command.joined(separator: " ")) printed nothing within \(Self.patience)"))
  }
}
