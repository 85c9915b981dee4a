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

  private func lookOnce(_ looks: [StatusLook]) async throws {
    var worst: Severity?
    for look in looks {
      let document = await look.document()
      if !json, worst != nil { StandardOutput.line("") }
      show(document)
      worst = max(worst ?? document.severity, document.severity)
    }
    let exitCode = (worst ?? .unknown).exitCode
    guard exitCode == 0 else { throw Exit(code: exitCode) }
  }

  private func goOn(_ looks: [StatusLook]) async throws {
    var shown = [(document: StatusDocument, at: ContinuousClock.Instant)?](
      repeating: nil, count: looks.count)
    while true {
      for (index, look) in looks.enumerated() {
        let document = await look.document()
        let now = ContinuousClock.now
        let isNew = shown[index].map { document.differs(from: $0.document) } ?? true
        if isNew || shown[index].map({ now - $0.at >= .seconds(10) }) ?? true {
          show(document)
          shown[index] = (document, now)
        }
      }
      try await Task.sleep(for: .seconds(1))
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
    return same != other
  }
}
