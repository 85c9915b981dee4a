import ArgumentParser
import EventPersistence
import Foundation

/// `status [DIR]`: one look at the primary and its secondaries.
struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "One look: the node's log, and how far each secondary lags behind it.",
    discussion: """
      Exits with the worst of them: 0 ok or info, 1 a warning, 2 an error, 3 unknown (no log or no \
      secondary at all is unknown).
      """)

  @OptionGroup var options: SetupOptions

  @Argument(help: ArgumentHelp("The node's persistence directory.", valueName: "dir"))
  var directory: String?

  @Flag(help: "One JSON document.")
  var json = false

  @Flag(help: "Go on: the same again at each change, at most once a second and at least each 10 s.")
  var watch = false

  func run() async throws {
    let setup = try options.setup(directory: directory)
    setup.tell()
    let observer = try setup.observer(try setup.source())
    guard watch else {
      let document = StatusDocument(await observer.look())
      show(document)
      guard document.exitCode == 0 else { throw Exit(code: document.exitCode) }
      return
    }
    var shown: (document: StatusDocument, at: ContinuousClock.Instant)?
    while true {
      let document = StatusDocument(await observer.look())
      let now = ContinuousClock.now
      let isNew = shown.map { document.differs(from: $0.document) } ?? true
      if isNew || shown.map({ now - $0.at >= .seconds(10) }) ?? true {
        show(document)
        shown = (document, now)
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
  /// Whether it tells anything else than `other`, but for when it was made.
  fileprivate func differs(from other: StatusDocument) -> Bool {
    var same = self
    same.at = other.at
    return same != other
  }
}
