import Foundation
import Testing

/// What users expect of a program on a terminal, in a real one.
@Suite(
  "The dashboard's habits", .serialized,
  // tmux is a package of every distribution, but not of every machine.
  .enabled(if: DashboardTerminal.isAvailable))
struct DashboardHabitsTests {
  /// A folder with 300 events that two archives have, and `more` that they lack.
  private func stage(more: Int = 0, settings: String = "") async throws -> CLIFolder {
    let folder = try CLIFolder()
    try folder.configure(
      "{ name: archive, kind: file, path: archive }", "{ name: copy, kind: file, path: copy }",
      more: settings)
    try await folder.simulate(300)
    let run = try await folder.run("run", "--until-head")
    guard run.code == 0 else { throw CLIFailure("\(run)") }
    if more > 0 { try await folder.simulate(more) }
    return folder
  }

  @Test("a changed size and a suspension leave a question open")
  func dialog() async throws {
    let folder = try await stage(more: 50)
    let terminal = try await DashboardTerminal(in: folder, columns: 80, lines: 24)
    try await terminal.start("watch")
    try await terminal.wait(for: "idle")
    try await terminal.press("R")
    try await terminal.wait(for: "Deliver 50 events to archive?")
    try await terminal.press("Tab", "Tab", "Tab")
    try await terminal.paste("moved\nhere")
    for (columns, lines) in [(132, 40), (40, 10), (60, 16)] {
      try await terminal.resize(columns: columns, lines: lines)
      try await terminal.wait(for: "the question at \(columns)×\(lines)") {
        $0.contains("50 events") && $0.contains("moved here")
      }
    }
    try await terminal.resize(columns: 30, lines: 6)
    try await terminal.wait(for: "40×10")
    try await terminal.resize(columns: 80, lines: 24)
    try await terminal.wait(for: "moved here")
    try await terminal.press("C-z")
    try await terminal.wait(for: "Stopped")
    try await terminal.enter("fg")
    try await terminal.wait(for: "moved here")
    try await terminal.press("Enter", "y")
    try await eventually("the replay's end, and why it was") {
      folder.text("state/archive/replays.jsonl").contains("moved here")
    }
    #expect(folder.checkpoint("archive") == 349)
  }

  @Test("the header tells the head and its chain, and t what fills the log, as events --stats does")
  func tags() async throws {
    let folder = try await stage()
    let stats = try await folder.run("events", "--stats")
    let largest = try #require(stats.lines.dropFirst().first?.split(separator: " "))
    let terminal = try await DashboardTerminal(in: folder, columns: 120, lines: 30)
    try await terminal.start("watch")
    try await terminal.wait(for: "chain synced, drift 0 s")
    try await terminal.press("t")
    let shown = try await terminal.wait(for: "300 events, 0 to 299")
    let row = try #require(shown.split(separator: "\n").first { $0.contains(largest[0]) })
    for word in largest.prefix(6) where word.first?.isLetter != false || Double(word) != nil {
      #expect(row.contains(word), "\(word) in \(row)")
    }
    try await terminal.press("Escape")
    try await terminal.wait(for: "the page's end") { !$0.contains("What fills the log") }
  }

  @Test("with --mouse a click selects a row and does what the footer says; M gives it back")
  func mouse() async throws {
    let folder = try await stage()
    let terminal = try await DashboardTerminal(in: folder, columns: 100, lines: 30)
    try await terminal.start("watch --mouse")
    // Where it is now: the footer offers other keys as the rows come to be known.
    func click(_ text: String) async throws {
      let lines = try await terminal.wait(for: text).split(
        separator: "\n", omittingEmptySubsequences: false)
      let line = try #require(lines.firstIndex { $0.contains(text) })
      let before = lines[line].range(of: text)!.lowerBound
      let column = lines[line].distance(from: lines[line].startIndex, to: before)
      try await terminal.click(column: column, line: line)
    }
    try await click("● copy")
    try await terminal.press("R")
    try await terminal.wait(for: "Replay copy")
    try await terminal.press("Escape")
    try await terminal.wait(for: "the question's end") { !$0.contains("Replay copy") }
    // The last of the keys to be offered, before this one.
    try await terminal.wait(for: "c copy  ? help")
    try await click("? help")
    try await terminal.wait(for: "this help")
    try await terminal.press("M")
    try await terminal.wait(for: "the mouse selects text again")
  }

  @Test(
    "a secondary that becomes an error rings and is in the title, unless both are switched off",
    arguments: [true, false])
  func alarm(isOn: Bool) async throws {
    let folder = try await stage(settings: isOn ? "" : "bell: false\ntitle: false\n")
    let driver = try folder.start(["run"])
    let terminal = try await DashboardTerminal(in: folder, columns: 100, lines: 30)
    try await terminal.start("watch")
    try await eventually("the drivers") {
      ["archive", "copy"].allSatisfy {
        folder.json("state/\($0)/driver.json")?["endedAt"] is NSNull
      }
    }
    try await terminal.wait(for: "both in step") { screen in
      screen.split(separator: "\n").count { $0.contains("│ ● ") } == 2
    }
    if isOn {
      let title = try await terminal.title
      #expect(title.contains("hydra-sinks") && !title.contains("✖"))
    }
    #expect(try await !terminal.hasRung)
    driver.send(SIGKILL)
    _ = try await driver.end()
    try await terminal.wait(for: "driver lost")
    if isOn {
      try await eventually("the title") { try await terminal.title.hasPrefix("✖ ") }
      try await eventually("the bell") { try await terminal.hasRung }
    } else {
      // Anything on its way arrives before the answer to this request.
      try await terminal.press("?")
      try await terminal.wait(for: "this help")
      #expect(try await !terminal.title.contains("✖"))
      #expect(try await !terminal.hasRung)
    }
  }
}
