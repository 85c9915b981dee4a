import Foundation
import Testing

/// The dashboard of the built program in a real terminal (tmux), by its screen and its keys.
@Suite(
  "The dashboard in a terminal", .serialized,
  // tmux is a package of every distribution, but not of every machine.
  .enabled(if: DashboardTerminal.isAvailable))
struct DashboardTests {
  struct Size: Sendable, CustomTestStringConvertible {
    var columns: Int
    var lines: Int
    var testDescription: String { "\(columns)×\(lines)" }
  }

  static let sizes = [
    Size(columns: 132, lines: 40), Size(columns: 80, lines: 24), Size(columns: 40, lines: 10),
  ]

  /// A folder with a log of `count` events, and a terminal in it.
  private func stage(_ size: Size, events count: Int) async throws -> (
    CLIFolder, DashboardTerminal
  ) {
    let folder = try CLIFolder()
    try folder.configure("{ name: archive, kind: file, path: archive }")
    try await folder.simulate(count)
    let terminal = try await DashboardTerminal(
      in: folder, columns: size.columns, lines: size.lines)
    return (folder, terminal)
  }

  /// The lines of the screen that are within its width, so that nothing wraps or is scrolled away.
  private func fits(_ screen: String, _ size: Size) -> Bool {
    let lines = screen.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.count <= size.lines + 1 && lines.allSatisfy { $0.count <= size.columns }
  }

  @Test("new events are on the screen at once", arguments: sizes)
  func newEvents(size: Size) async throws {
    let (folder, terminal) = try await stage(size, events: 1500)
    try await terminal.start("watch")
    try await terminal.wait(for: "archive")
    // The stream alone, where the screen is too short for both panels.
    try await terminal.press("Tab")
    if size.lines < 20 { try await terminal.press("z") }
    try await terminal.wait(for: "1 499")
    try await folder.simulate(7)
    let screen = try await terminal.wait(for: "1 506", within: .seconds(5))
    #expect(fits(screen, size), "\(screen)")
  }

  @Test("new events are on the screen long before the next look, also after a rotation")
  func heard() async throws {
    let (folder, terminal) = try await stage(Self.sizes[0], events: 300)
    try await terminal.start("watch --interval 1h")
    try await terminal.wait(for: "299")
    // It hears the folder some moments after its first look.
    var head = 299
    try await eventually("a new event on the screen") {
      try await folder.simulate(1)
      head += 1
      return try await terminal.screen.contains("\(head)")
    }
    try await folder.simulate(20, "--rotate-after", "\(head + 10)")
    try await terminal.wait(for: "\(head + 20)")
  }

  @Test("watch --drive keeps what it learns about the log")
  func drivesAndKeeps() async throws {
    let (folder, terminal) = try await stage(Self.sizes[1], events: 300)
    try await terminal.start("watch --drive")
    try await eventually("the archive to be whole") { folder.checkpoint("archive") == 299 }
    try await terminal.press("q")
    try await terminal.waitForShell()
    let files = folder.json("state/primary.json")?["files"] as? [[String: Any]]
    #expect(files?.first?["path"] as? String == "state")
    let status = try await folder.run("status", "--json").document()["primary"]
    #expect((status as? [String: Any])?["tornLines"] as? Int == 0)
  }

  @Test("R and y re-drive a secondary that lags, until its lag is 0", arguments: sizes)
  func redrive(size: Size) async throws {
    let (folder, terminal) = try await stage(size, events: 300)
    #expect(try await folder.run("run", "--until-head").code == 0)
    try await folder.simulate(1200)
    #expect(folder.checkpoint("archive") == 299)
    try await terminal.start("watch")
    // The lag, and the state as a word.
    try await terminal.wait(for: "the lag") { $0.contains("1 200") && $0.contains("idle") }
    try await terminal.press("R")
    let plan = try await terminal.wait(for: "the plan") {
      $0.contains("Deliver 1 200 events to archive?")
    }
    #expect(fits(plan, size), "\(plan)")
    #expect(folder.checkpoint("archive") == 299, "a plan changes nothing")
    try await terminal.press("y")
    try await terminal.wait(for: "a lag of 0") { screen in
      !screen.contains("Deliver ")
        && screen.split(separator: "\n").contains {
          $0.contains("archive") && $0.contains(" 0 ") && $0.contains("ok")
        }
    }
    #expect(folder.checkpoint("archive") == 1499)
    #expect(try CLIFolder.ids(folder.archive("archive")) == Array(0..<1500))
    try await terminal.press("q")
    try await terminal.waitForShell()
  }

  @Test("n leaves the secondary as it is")
  func cancelledPlan() async throws {
    let (folder, terminal) = try await stage(Self.sizes[1], events: 300)
    #expect(try await folder.run("run", "--until-head").code == 0)
    try await folder.simulate(50)
    try await terminal.start("watch")
    try await terminal.wait(for: "idle")
    try await terminal.press("R")
    try await terminal.wait(for: "y starts")
    try await terminal.press("n")
    try await terminal.wait(for: "the dialog's end") { !$0.contains("y starts") }
    #expect(folder.checkpoint("archive") == 299)
    #expect(folder.read("state/archive/replay.json") == nil)
  }

  @Test(
    "however the dashboard ends, the terminal is restored",
    arguments: ["q", "C-c", "SIGTERM", "SIGINT", "SIGQUIT", "SIGSEGV"])
  func givenBack(by way: String) async throws {
    let (folder, terminal) = try await stage(Self.sizes[1], events: 30)
    let before = try await terminal.modes()
    try await terminal.enter("clear; echo mark-before")
    try await terminal.wait(for: "mark-before")
    // The shell's child has a name of its own, for signals to find it by.
    try await terminal.enter(
      "SWIFT_BACKTRACE=enable=no \(CLIProgram.path) watch & echo $! >watch.pid; fg")
    try await terminal.wait(for: "archive")
    #expect(try await terminal.isAlternate)
    switch way {
    case "SIGTERM": try signal(SIGTERM, in: folder)
    case "SIGINT": try signal(SIGINT, in: folder)
    case "SIGQUIT": try signal(SIGQUIT, in: folder)
    // A crash, as the kernel reports it.
    case "SIGSEGV": try signal(SIGSEGV, in: folder)
    default: try await terminal.press(way)
    }
    let screen = try await terminal.waitForShell()
    #expect(screen.contains("mark-before") && !screen.contains("archive │"), "\(screen)")
    #expect(try await !terminal.isAlternate, "\(screen)")
    #expect(try await terminal.modes() == before)
  }

  private func signal(_ signal: Int32, in folder: CLIFolder) throws {
    let pid = try #require(
      Int32(folder.text("watch.pid").trimmingCharacters(in: .whitespacesAndNewlines)))
    #expect(kill(pid, signal) == 0)
  }

  @Test("losing the terminal ends it, and its drivers end normally")
  func vanished() async throws {
    let (folder, terminal) = try await stage(Self.sizes[1], events: 500)
    try await terminal.enter("\(CLIProgram.path) watch --drive & echo $! >watch.pid; fg")
    try await terminal.wait(for: "the secondary in step") { screen in
      screen.split(separator: "\n").contains { $0.contains("archive") && $0.contains("ok") }
    }
    // What the sink has just stored counts as in step before its checkpoint is written.
    try await eventually("the checkpoint") { folder.checkpoint("archive") == 499 }
    #expect(folder.json("state/archive/driver.json")?["endedAt"] is NSNull)
    terminal.vanish()
    try await eventually("the driver's end", within: .seconds(20)) {
      folder.json("state/archive/driver.json")?["endedAt"] is String
    }
  }

  @Test("a changed size is filled, the smallest and too small included")
  func resize() async throws {
    let (_, terminal) = try await stage(Self.sizes[1], events: 300)
    try await terminal.start("watch")
    try await terminal.wait(for: "299")
    for size in [
      Size(columns: 132, lines: 40), Size(columns: 40, lines: 10), Size(columns: 200, lines: 12),
      Size(columns: 80, lines: 24),
    ] {
      try await terminal.resize(columns: size.columns, lines: size.lines)
      let screen = try await terminal.wait(for: "a screen of \(size)") { screen in
        // Panels have no borders if there is no room for them.
        let edge = size.lines < 15 ? "following" : "╮"
        return screen.contains("archive")
          && screen.split(separator: "\n").contains {
            $0.contains(edge) && (edge == "following" || $0.count == size.columns)
          }
      }
      #expect(fits(screen, size), "\(screen)")
    }
    try await terminal.resize(columns: 30, lines: 6)
    try await terminal.wait(for: "a word about the size") {
      !$0.contains("archive") && $0.contains("40×10")
    }
    try await terminal.resize(columns: 80, lines: 24)
    try await terminal.wait(for: "archive")
  }

  @Test("Ctrl-Z gives the terminal back, and fg draws the screen again")
  func suspend() async throws {
    let (folder, terminal) = try await stage(Self.sizes[1], events: 1500)
    let before = try await terminal.modes()
    try await terminal.start("watch")
    try await terminal.wait(for: "1 499")
    try await terminal.press("C-z")
    try await terminal.wait(for: "Stopped")
    #expect(try await !terminal.isAlternate)
    #expect(try await terminal.modes() == before)
    try await folder.simulate(5)
    try await terminal.enter("fg")
    try await terminal.wait(for: "1 504")
    #expect(try await terminal.isAlternate)
    try await terminal.press("q")
    try await terminal.wait(for: "Stopped")
    #expect(try await terminal.modes() == before)
  }

  @Test("the dashboard waits for a missing log, and shows one that begins again from its beginning")
  func logAnew() async throws {
    let folder = try CLIFolder()
    try folder.configure("{ name: archive, kind: file, path: archive }")
    try FileManager.default.removeItem(atPath: folder.log)
    let terminal = try await DashboardTerminal(in: folder, columns: 80, lines: 24)
    try await terminal.start("watch")
    try await terminal.wait(for: "does not exist (yet)")
    try await folder.simulate(1200)
    try await terminal.wait(for: "its last event") { $0.contains("│   1 199  ") }
    try FileManager.default.removeItem(atPath: folder.log)
    try await terminal.wait(for: "does not exist (yet)")
    try await folder.simulate(20)
    try await terminal.wait(for: "the new log's last event") {
      $0.contains(" 19  ") && !$0.contains("1 199")
    }
    try await terminal.press("q")
    try await terminal.waitForShell()
  }

  @Test("a paste is text in a line being edited, and nothing elsewhere")
  func paste() async throws {
    let (folder, terminal) = try await stage(Self.sizes[1], events: 300)
    try await terminal.start("watch")
    try await terminal.wait(for: "299")
    // As keys, this would plan a replay, start it, and quit.
    try await terminal.paste("R\nyq")
    try await terminal.press("/")
    try await terminal.paste("Snapshot\u{1B}[31mq")
    try await terminal.wait(for: "Snapshot\\x1b[31mq")
    try await terminal.press("Escape")
    try await terminal.wait(for: "the filter's end") { !$0.contains("\\x1b[31mq") }
    #expect(try await terminal.isAlternate)
    #expect(folder.read("state/archive/replay.json") == nil)
  }

  @Test(
    "without a usable terminal, it says so and exits with 2",
    arguments: [("TERM=", "TERM is not set"), ("TERM=dumb", "dumb")])
  func refusedTerminal(setting: String, word: String) async throws {
    let (_, terminal) = try await stage(Self.sizes[1], events: 3)
    try await terminal.enter("\(setting) \(CLIProgram.path) watch; echo code=$?")
    try await terminal.wait(for: "code=2")
    try await terminal.wait(for: word)
  }

  @Test(
    "a terminal that this machine has no description of is used as another, and the log says so",
    arguments: [("xterm-ghostty", "xterm-256color"), ("nonsense", "vt100")])
  func unknownTerminal(term: String, substitute: String) async throws {
    let (_, terminal) = try await stage(Self.sizes[0], events: 300)
    try await terminal.enter(
      "env -u COLORTERM -u TERM_PROGRAM TERM=\(term) \(CLIProgram.path) watch")
    try await terminal.wait(for: "299")
    try await terminal.press("l")
    try await terminal.wait(for: "\"\(term)\": it is used as \(substitute)")
  }

  @Test("a configuration that is ignored is in the log")
  func ignoredConfiguration() async throws {
    let (_, terminal) = try await stage(Self.sizes[0], events: 300)
    try await terminal.enter("cp -r log other; \(CLIProgram.path) watch other")
    try await terminal.wait(for: "299")
    try await terminal.press("l")
    try await terminal.wait(for: "dashboard ▲  the configuration")
  }

  @Test(
    "without an alternate screen, the shell goes on below the last frame",
    arguments: ["linux", "vt100"], ["q", "C-z", "SIGSEGV"])
  func freshLine(term: String, way: String) async throws {
    let (folder, terminal) = try await stage(Self.sizes[1], events: 30)
    try await terminal.enter(
      "TERM=\(term) SWIFT_BACKTRACE=enable=no \(CLIProgram.path) watch & echo $! >watch.pid; fg")
    try await terminal.wait(for: "archive")
    if way == "SIGSEGV" {
      try signal(SIGSEGV, in: folder)
    } else {
      try await terminal.press(way)
    }
    let screen = try await terminal.waitForShell()
    #expect(screen.contains("archive"), "\(screen)")
  }

  @Test("output that is not a terminal is refused with a sentence, and --once prints a frame to it")
  func noTerminal() async throws {
    let folder = try CLIFolder()
    try folder.configure("{ name: archive, kind: file, path: archive }")
    try await folder.simulate(300)
    let refused = try await folder.run("watch")
    #expect(refused.code == 2 && refused.output.isEmpty && refused.errors.contains("--once"))
    let once = try await folder.run("watch", "--once", adding: ["LC_ALL": "C.UTF-8"])
    #expect(once.code == 0 && once.text.contains("archive") && once.text.contains("299"))
    #expect(once.lines.allSatisfy { $0.count <= 132 })
    #expect(!once.text.contains("\u{1B}"))
    let plain = try await folder.run("watch", "--once", adding: ["LC_ALL": "C"])
    #expect(plain.output.allSatisfy { $0 < 0x80 })
  }
}
