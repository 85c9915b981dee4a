import ArgumentParser
import EventPersistence
import Foundation
import SecondaryStatus
import Setup
import Wording

/// `status [DIR]`: one look at the primary and its secondaries.
struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Look once: at the node's log, and how far each secondary lags behind it.",
    discussion: """
      Exits with the worst state: 0 ok or info, 1 a warning, 2 an error, 3 unknown (no log or no \
      secondary at all is unknown).
      """)

  @OptionGroup var options: SetupOptions

  @Argument(
    help: ArgumentHelp(
      "Persistence directories, or names of configured nodes. Default: all configured nodes.",
      valueName: "dir"))
  var directories: [String] = []

  @Flag(help: "Print a JSON document per node, each on one line.")
  var json = false

  @Flag(help: "Continue: print at each change, at most once a second and at least every 10 s.")
  var watch = false

  func run() async throws {
    let nodes = try options.nodes(directories: directories)
    let looks = try nodes.members.map { try StatusLook($0, isSeveral: nodes.isSeveral) }
    try await withThrowingDiscardingTaskGroup { group in
      for look in looks { group.addTask { await look.run() } }
      defer { group.cancelAll() }
      try await watch ? goOn(looks) : lookOnce(looks)
    }
  }

  /// How long one look may take: what runs `status` from time to time waits about that long.
  private static let onceDeadline = Duration.seconds(10)

  /// How often it prints at most, and looks at least.
  private static let interval = Duration.seconds(1)

  private func lookOnce(_ looks: [StatusLook]) async throws {
    let documents = await withTaskGroup { group in
      for (index, look) in looks.enumerated() {
        group.addTask { (index, await look.document(within: Self.onceDeadline)) }
      }
      return await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
    }
    for (index, document) in documents.enumerated() {
      if !json, index > 0 { StandardOutput.line("") }
      show(document)
    }
    let exitCode = (documents.map(\.severity).max() ?? .unknown).exitCode
    guard exitCode == 0 else { throw Exit(code: exitCode) }
  }

  /// Looks at each node in a task of its own, so that one that hangs delays no other.
  private func goOn(_ looks: [StatusLook]) async {
    // One document of each node and second: printing them is faster.
    let (documents, continuation) = AsyncStream.makeStream(
      of: (Int, StatusDocument).self, bufferingPolicy: .bufferingNewest(16 * looks.count))
    await withDiscardingTaskGroup { group in
      for (index, look) in looks.enumerated() {
        group.addTask {
          while !Task.isCancelled {
            continuation.yield((index, await look.document(within: StatusLook.deadline)))
            await look.waitForNews(for: Self.interval)
          }
        }
      }
      var shown: [Int: (document: StatusDocument, at: ContinuousClock.Instant)] = [:]
      for await (index, document) in documents {
        let now = ContinuousClock.now
        if let last = shown[index] {
          let isDue = document.differs(from: last.document) ? Self.interval : .seconds(10)
          // What comes too soon is in one of the next documents.
          if now - last.at < isDue { continue }
        }
        show(document)
        shown[index] = (document, now)
      }
    }
  }

  private func show(_ document: StatusDocument) {
    if json {
      StandardOutput.document(document)
    } else {
      let lines = StatusText(paint: .standardOutput).lines(document)
      StandardOutput.write(lines.joined(separator: "\n") + "\n" + (watch ? "\n" : ""))
    }
  }
}

extension StatusDocument {
  /// Whether it differs from `other`, except in the time at which it was made.
  fileprivate func differs(from other: StatusDocument) -> Bool {
    var same = self
    same.at = other.at
    same.head?.contestationSecondsLeft = other.head?.contestationSecondsLeft
    return same != other
  }
}
