import EventPersistenceTesting
import Foundation
import Testing

/// Random keys and hostile text, in a real terminal.
@Suite(
  "The dashboard under rough hands", .serialized,
  .enabled(if: DashboardTerminal.isAvailable))
struct DashboardWalkTests {
  /// How many keys the walk has: 5 000 by `HYDRA_SINKS_WALK=5000` take some minutes.
  private static let keyCount =
    ProcessInfo.processInfo.environment["HYDRA_SINKS_WALK"].flatMap(Int.init) ?? 300

  // All but those that end or suspend it.
  private static let keys: [String] =
    "abcdefghijklmnoprstuvwxyzRXPTDSNGMV:/?+-'! 0123456789".map(String.init)
    + [
      "Enter", "Enter", "Escape", "Escape", "Tab", "BTab", "BSpace", "DC", "Up", "Down", "Left",
      "Right", "Home", "End", "PPage", "NPage", "C-u", "C-d", "C-l", "C-w", "F5", "M-x",
    ]

  @Test(
    "a random walk of keys, sizes and pastes over a demo leaves a dashboard that works",
    arguments: SeededRandom.seeds([7]))
  func walk(seed: UInt64) async throws {
    var walk = SeededRandom(seed)
    let folder = try CLIFolder()
    let terminal = try await DashboardTerminal(in: folder, columns: 132, lines: 40)
    let before = try await terminal.modes()
    try await terminal.start("demo")
    try await terminal.wait(for: "Secondaries")
    var pressed = 0
    while pressed < Self.keyCount {
      switch Int.random(in: 0..<20, using: &walk) {
      case 0:
        try await terminal.resize(
          columns: Int.random(in: 2...150, using: &walk),
          lines: Int.random(in: 2...50, using: &walk))
      case 1: try await terminal.paste("tag:Snapshot\naudit \u{1B}[31m1000")
      default:
        let some = (0..<10).map { _ in Self.keys.randomElement(using: &walk)! }
        try await terminal.press(keys: some)
        pressed += some.count
      }
      guard try await terminal.isAlternate else {
        Issue.record("ended after \(pressed) keys: \(try await terminal.screen)")
        return
      }
    }
    try await terminal.resize(columns: 80, lines: 24)
    for _ in 0..<8 {
      try await terminal.press("Escape")
      // Longer than the wait for the rest of an escape sequence.
      try await Task.sleep(for: .milliseconds(60))
    }
    try await terminal.wait(for: "the overview") {
      $0.contains("Secondaries") && $0.contains("Events") || $0.contains("q quit")
    }
    try await terminal.press("q")
    // A replay that runs here is asked about: it is left.
    try await terminal.wait(for: "the shell, or the question") {
      $0.contains(DashboardTerminal.prompt) || $0.contains("Stay")
    }
    if try await terminal.isAlternate { try await terminal.press("y") }
    try await terminal.waitForShell()
    #expect(try await !terminal.isAlternate)
    #expect(try await terminal.modes() == before)
  }

  @Test(
    "hostile text of events, errors and programs does not reach the terminal",
    // `script` records what a program writes to its terminal.
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/script")))
  func hostile() async throws {
    let evil = "\u{1B}]52;c;QUFB\u{07}\u{1B}[5;9;21m\u{1B}P1$r\u{9B}41m\u{202E}x\u{2066}\u{1B}c"
    let escaped = #"\u001b]52;c;QUFB\u0007\u001b[5;9;21m\u001bP1$r\u009b41m\u202ex\u2066\u001bc"#
    let folder = try CLIFolder()
    try folder.configure("{ name: audit, kind: command, command: [./evil.sh], timeout: 5s }")
    try folder.write(
      "#!/bin/sh\ncat >/dev/null\nprintf '%s' '\(evil)' >&2\nexit 1\n", to: "evil.sh")
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o700], ofItemAtPath: "\(folder.path)/evil.sh")
    var log = ""
    for id in 0..<40 {
      let long = id == 39 ? String(repeating: "A", count: 1 << 20) : "x"
      log += #"{"eventId":\#(id),"stateChanged":{"tag":"Evil\#(escaped)","# + "\n"
      log.removeLast()
      log += #""\#(escaped)":"\#(escaped)\#(long)","n":[1,{"k":"\#(escaped)"}]},"#
      log += #""time":"2026-07-15T10:00:00Z"}"# + "\n"
    }
    try FileManager.default.createDirectory(
      atPath: folder.log, withIntermediateDirectories: true)
    try Data(log.utf8).write(to: URL(fileURLWithPath: "\(folder.log)/state"))
    let terminal = try await DashboardTerminal(in: folder, columns: 132, lines: 40)
    try await terminal.enter(
      "script -q -f -c '\(CLIProgram.path) watch --drive' \(folder.path)/bytes")
    try await terminal.wait(for: "x1b")
    // The program's output, in the log of all reports.
    try await terminal.press("l")
    try await terminal.wait(for: "the program's error") { $0.contains("✖  ") }
    // Each page, what is long unfolded, what is foreign in a line that is typed into.
    for keys in [
      ["Enter"], ["Escape", "l"], ["Escape", "a"], ["Escape", "Tab", "Enter"],
      ["j", "j", "j", "Enter"], ["j", "Enter", "n"], ["Escape", "/"],
    ] {
      for key in keys { try await terminal.press(key) }
      try await Task.sleep(for: .milliseconds(250))
    }
    try await terminal.paste(evil)
    try await Task.sleep(for: .milliseconds(250))
    try await terminal.press("Escape", "C-c")
    try await terminal.waitForShell()
    let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/bytes"))
    #expect(bytes.count > 1000)
    #expect(Self.findings(in: bytes) == [])
  }

  /// Sequences on which a terminal would act, and which are not the dashboard's own.
  private static func findings(in bytes: Data) -> [String] {
    let text = String(decoding: bytes, as: UTF8.self)
    var findings: [String] = []
    for scalar in text.unicodeScalars {
      let value = scalar.value
      if (0x80...0x9F).contains(value) || (0x202A...0x202E).contains(value)
        || (0x2066...0x2069).contains(value)
      {
        findings.append("U+\(String(value, radix: 16))")
      }
    }
    let scalars = Array(text.unicodeScalars)
    for (index, scalar) in scalars.enumerated() where scalar.value == 0x1B {
      let next = index + 1 < scalars.count ? scalars[index + 1] : " "
      let rest = String(String.UnicodeScalarView(scalars[index...].prefix(24)))
      switch next {
      // The window's title.
      case "]": if !rest.hasPrefix("\u{1B}]2;") { findings.append(rest.debugDescription) }
      case "[": if rest.hasPrefix("\u{1B}[5;9;21m") { findings.append(rest.debugDescription) }
      // Charsets and keypad modes of terminfo.
      case "(", ")", "=", ">", "7", "8", "M", "\\": break
      default: findings.append(rest.debugDescription)
      }
    }
    return findings
  }
}
