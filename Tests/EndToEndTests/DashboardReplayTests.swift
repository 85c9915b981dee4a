import Foundation
import Testing

/// Replays and orders from the dashboard, with others at work beside it.
@Suite(
  "Orders from the dashboard", .serialized,
  // tmux is a package of every distribution, but not of every machine.
  .enabled(if: DashboardTerminal.isAvailable))
struct DashboardReplayTests {
  /// Appends what it gets to a file of its own; holds a batch for as long as there is a file `gate`.
  private static let collector = """
    #!/bin/sh
    while [ -e gate ]; do sleep 0.02; done
    cat >>$1.jsonl

    """

  /// A folder with 200 events that `audit` and `cold` have, in batches of ten.
  private func stage() async throws -> CLIFolder {
    let folder = try CLIFolder()
    try folder.write(Self.collector, to: "collect", mode: 0o700)
    try folder.configure(
      "{name: audit, kind: command, command: [./collect, audit], max-events: 10}",
      "{name: cold, kind: command, command: [./collect, cold], max-events: 10}")
    try await folder.simulate(200)
    let run = try await folder.run("run", "--until-head")
    guard run.code == 0 else { throw CLIFailure("\(run)") }
    return folder
  }

  private func hold(_ folder: CLIFolder) throws { try folder.write("", to: "gate") }

  private func release(_ folder: CLIFolder) throws {
    try FileManager.default.removeItem(atPath: "\(folder.path)/gate")
  }

  private func terminal(
    _ folder: CLIFolder, columns: Int = 132
  ) async throws -> DashboardTerminal {
    let terminal = try await DashboardTerminal(in: folder, columns: columns, lines: 40)
    try await terminal.start("watch")
    try await terminal.wait(for: "both secondaries") { screen in
      ["audit", "cold"].allSatisfy { name in
        screen.split(separator: "\n").contains { $0.contains("│ ● \(name)") }
      }
    }
    return terminal
  }

  /// Plans a rewind of the selected one and starts it by its name.
  private func rewind(_ name: String, to id: String, _ terminal: DashboardTerminal) async throws {
    try await terminal.press("R")
    try await terminal.wait(for: "Replay \(name)")
    try await terminal.press(keys: ["Tab"] + id.map(String.init))
    try await terminal.wait(for: "rewind of \(name)")
    try await terminal.press("Enter")
    try await terminal.press(keys: name.map(String.init))
    try await terminal.press("Enter")
    try await terminal.wait(for: "the progress of \(name)") { screen in
      screen.split(separator: "\n").contains { line in
        line.contains("  \(name)") && line.contains("rewind") && line.contains(" of ")
      }
    }
  }

  /// How the replays of a secondary ended, in order.
  private func ends(_ name: String, _ folder: CLIFolder) -> [String] {
    folder.text("state/\(name)/replays.jsonl").split(separator: "\n").compactMap {
      let record = try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
      return record?["state"] as? String
    }
  }

  @Test("two secondaries are replayed at once, and a second dashboard sees both and cancels one")
  func several() async throws {
    let folder = try await stage()
    try hold(folder)
    let first = try await terminal(folder)
    try await rewind("audit", to: "100", first)
    try await first.press("j")
    try await rewind("cold", to: "150", first)
    let second = try await DashboardTerminal(in: folder, columns: 132, lines: 40)
    try await second.start("watch")
    try await second.wait(for: "both replays") { screen in
      ["audit", "cold"].allSatisfy { name in
        screen.split(separator: "\n").contains {
          $0.contains("  \(name)") && $0.contains("rewind") && $0.contains(" of ")
        }
      }
    }
    try await second.press("R")
    try await second.wait(for: "under way, by")
    try await second.press("X")
    try await second.wait(for: "Restore sets the checkpoint back to 199")
    try await second.press("y")
    try await eventually("the order to cancel") { folder.read("state/audit/cancel") != nil }
    try release(folder)
    try await eventually("both ends") {
      ends("audit", folder) == ["cancelled"] && ends("cold", folder) == ["done"]
    }
    #expect(folder.checkpoint("audit") == 199 && folder.checkpoint("cold") == 199)
    for terminal in [first, second] {
      try await terminal.wait(for: "no replay") { !$0.contains("rewind  ") }
      // What the first executed has ended: it asks nothing.
      try await terminal.press("q")
      try await terminal.waitForShell()
    }
    let cold = try CLIFolder.ids(folder.read("cold.jsonl") ?? Data())
    #expect(cold == Array(0..<200) + Array(150..<200))
  }

  @Test(
    "another user's replay replaces the plan; orphaned, it is resumed by key, and its end is shown"
  )
  func orphaned() async throws {
    let folder = try await stage()
    let terminal = try await terminal(folder)
    try await terminal.press("R")
    try await terminal.press("Tab", "5", "0")
    try await terminal.wait(for: "rewind of audit")
    try hold(folder)
    let other = try folder.start(["replay", "audit", "--from", "100", "--execute"])
    try await terminal.wait(for: "has started a rewind of audit meanwhile")
    other.send(SIGKILL)
    _ = try await other.end()
    try await terminal.wait(for: "It has lost its driver")
    try await terminal.press("Escape")
    try await terminal.wait(for: "replay orphaned")
    try await terminal.wait(for: "it has no driver")
    try await terminal.press("R")
    try await terminal.wait(for: "Resume it here")
    try release(folder)
    try await terminal.press("y")
    try await terminal.wait(for: "the replay of audit is done: 100 events delivered")
    #expect(ends("audit", folder) == ["done"])
    #expect(folder.checkpoint("audit") == 199)
    // Read back, where it can be looked up later.
    try await terminal.press("Enter")
    try await terminal.wait(for: "rewind 100 to 199")
  }

  @Test("quitting asks about a replay that runs here, and leaves it to be resumed")
  func left() async throws {
    let folder = try await stage()
    try hold(folder)
    let terminal = try await terminal(folder)
    try await rewind("audit", to: "100", terminal)
    try await terminal.press("q")
    try await terminal.wait(for: "The replay of audit runs in this process")
    try await terminal.press("y")
    try await terminal.wait(for: "ending after the current batches")
    try release(folder)
    try await terminal.waitForShell()
    #expect(ends("audit", folder) == [])
    let resumed = try await folder.run("replay", "audit", "--resume")
    #expect(resumed.code == 0, "\(resumed)")
    #expect(ends("audit", folder) == ["done"])
  }

  @Test("P pauses with a reason and a reminder, and resumes")
  func pause() async throws {
    let folder = try await stage()
    let terminal = try await terminal(folder)
    try await terminal.press("P")
    try await terminal.wait(for: "Remind after")
    try await terminal.press(keys: ["w", "h", "y", "Enter", "Enter", "2", "h", "Enter", "y"])
    try await terminal.wait(for: "the pause") {
      $0.split(separator: "\n").contains {
        $0.contains("audit") && $0.contains("paused") && $0.contains("why")
      }
    }
    let order = try #require(folder.json("state/audit/pause.json"))
    #expect(order["reason"] as? String == "why" && order["until"] is String)
    try await terminal.press("P")
    try await terminal.wait(for: "The reminder is due at")
    try await terminal.press("y")
    try await terminal.wait(for: "the pause's end") { screen in
      screen.split(separator: "\n").contains { $0.contains("│ ● audit") }
    }
    #expect(folder.read("state/audit/pause.json") == nil)
  }

  @Test("T tries a stopped secondary at once")
  func retry() async throws {
    let folder = try CLIFolder()
    try folder.configure("{name: audit, kind: command, command: [./loader]}")
    try await folder.simulate(200)
    let terminal = try await DashboardTerminal(in: folder, columns: 132, lines: 40)
    try await terminal.start("watch --drive")
    try await terminal.wait(for: "T try now")
    try folder.write("#!/bin/sh\ncat >/dev/null\n", to: "loader", mode: 0o700)
    try await terminal.press("T")
    try await terminal.wait(for: "asked to try again now")
    // Without the order it would try only after a minute.
    try await terminal.wait(for: "the secondary in step", within: .seconds(30)) { screen in
      screen.split(separator: "\n").contains { $0.contains("│ ● audit") }
    }
  }
}
