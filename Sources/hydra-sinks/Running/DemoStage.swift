import EventPersistence
import Foundation
import Setup
import Wording

/// The stage of the demo: a temporary folder with an ordinary configuration, and the programs that
/// its secondaries pass their batches to.
struct DemoStage: Sendable {
  let folder: String

  var log: String { "\(folder)/node" }
  var configuration: String { "\(folder)/hydra-sinks.yaml" }
  private var explorer: String { "\(folder)/explorer.json" }
  private var auditor: String { "\(folder)/bin/audit-loader" }

  /// Sets the stage in a new temporary folder.
  init() throws(Refusal) {
    let base = FileManager.default.temporaryDirectory.path
    folder = FilePaths.absolute("\(base)/hydra-sinks-demo-\(UUID().uuidString.prefix(8))")
    do {
      for name in ["node", "bin"] {
        try FileManager.default.createDirectory(
          atPath: "\(folder)/\(name)", withIntermediateDirectories: true,
          attributes: [.posixPermissions: 0o700])
      }
      try Self.write(yaml, to: configuration, mode: 0o600)
      try Self.write(Self.slowProgram, to: "\(folder)/bin/indexer", mode: 0o700)
    } catch {
      throw Refusal(
        .error, "the demo needs a folder in \(base): \(error.localizedDescription)")
    }
  }

  /// Removes everything.
  func strike() {
    do {
      try FileManager.default.removeItem(atPath: folder)
    } catch {
      StandardError.say("\(folder) could not be removed: \(error.localizedDescription)")
    }
  }

  /// Repairs the fault that stalls `audit` once someone asks for it, by a replay or a retry: installs
  /// its program, and lets its driver know.
  func healWhenAsked() async throws {
    let state = StateDirectory(path: "\(folder)/state")
    while try !isAsked(state.folder("audit")) { try await Task.sleep(for: .milliseconds(100)) }
    try Self.write(Self.auditProgram, to: auditor, mode: 0o700)
    // Its driver may have followed the order already, in vain. One that ended needs no order.
    try? state.folder("audit").requestRetry(by: "demo")
  }

  private func isAsked(_ audit: SecondaryFolder) throws -> Bool {
    if try audit.readReplay() != nil { return true }
    return try audit.readJournal(last: 20).contains { entry in
      entry.kind == .replay || entry.kind == .order && entry.text.hasPrefix("retry")
    }
  }

  /// Publishes a checkpoint, as a foreign sink does.
  func publish(_ position: Position) throws {
    try Self.write(
      "{\"eventId\":\(position.eventId)}\n", to: explorer, mode: 0o644)
  }

  private static func write(_ text: String, to path: String, mode: Int) throws {
    let temporary = "\(path).new"
    try Data(text.utf8).write(to: URL(fileURLWithPath: temporary))
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: temporary)
    guard rename(temporary, path) == 0 else {
      throw Refusal(.error, "\(path): \(String(cString: strerror(errno)))")
    }
  }

  private var yaml: String {
    """
    persistence-dir: node
    state-dir: state
    silent-after: { warn: 1m, error: 10m }
    warn: { events: 5000 }
    secondaries:
      - name: archive       # in step with the node
        kind: file
        path: archive
      - name: indexer       # a slow consumer, catching up
        kind: command
        command: [bin/indexer]
        timeout: 20s
        max-events: 30
      - name: audit         # its program is not installed yet
        kind: command
        command: [bin/audit-loader]
        timeout: 20s
      - name: explorer      # lives elsewhere, only watched
        kind: checkpoint
        path: explorer.json

    """
  }

  /// 20 ms per event, and the cost of starting.
  private static let slowProgram = """
    #!/bin/sh
    cat >/dev/null
    exec sleep "$(awk -v n="$HYDRA_SINKS_COUNT" 'BEGIN { print n * 0.02 }')"

    """

  private static let auditProgram = """
    #!/bin/sh
    exec cat >/dev/null

    """
}
