import Foundation

/// A terminal of a test's own: tmux with a shell in it, and the eyes and hands of somebody before it.
///
/// It has its own server, which ends with the value.
final class DashboardTerminal {
  static let isAvailable = tmuxPath != nil

  private static let tmuxPath = ["/usr/bin/tmux", "/usr/local/bin/tmux", "/opt/homebrew/bin/tmux"]
    .first { FileManager.default.isExecutableFile(atPath: $0) }

  /// What the shell asks with; nothing of ours has it.
  static let prompt = "shell>"

  private let socket = "hydra-sinks-\(UUID().uuidString.prefix(8))"
  private let folder: CLIFolder

  init(in folder: CLIFolder, columns: Int, lines: Int) async throws {
    self.folder = folder
    try folder.write(
      """
      set -g default-terminal tmux-256color
      set -g escape-time 0
      set -g status off
      set -g remain-on-exit on
      """, to: "tmux.conf")
    try folder.write("PS1='\(Self.prompt) '\n", to: "shell.rc")
    try await tmux(
      "-f", "\(folder.path)/tmux.conf", "new-session", "-d", "-x", "\(columns)", "-y", "\(lines)",
      "-c", folder.path, "bash --noprofile --rcfile \(folder.path)/shell.rc -i")
    try await wait(for: "the shell") { $0.contains(Self.prompt) }
  }

  deinit {
    let server = Process()
    server.executableURL = URL(fileURLWithPath: Self.tmuxPath ?? "/usr/bin/tmux")
    server.arguments = ["-L", socket, "kill-server"]
    server.standardError = FileHandle.nullDevice
    if (try? server.run()) != nil { server.waitUntilExit() }
  }

  // MARK: - Hands

  /// Presses keys by their tmux names: `R`, `Enter`, `C-c`, `PPage`.
  func press(_ keys: String...) async throws {
    try await tmux(["send-keys"] + keys)
  }

  /// Types text into the shell and sends it off.
  func enter(_ line: String) async throws {
    try await tmux("send-keys", "-l", line)
    try await press("Enter")
  }

  /// Starts the program of these arguments.
  func start(_ arguments: String) async throws {
    try await enter("\(CLIProgram.path) \(arguments)")
  }

  func paste(_ text: String) async throws {
    try folder.write(text, to: "paste.txt")
    try await tmux("load-buffer", "\(folder.path)/paste.txt")
    try await tmux("paste-buffer", "-p")
  }

  func resize(columns: Int, lines: Int) async throws {
    try await tmux("resize-window", "-x", "\(columns)", "-y", "\(lines)")
  }

  // MARK: - Eyes

  var screen: String {
    get async throws { try await tmux("capture-pane", "-p") }
  }

  /// Whether a program has the alternate screen, and so keeps the shell's for later.
  var isAlternate: Bool {
    get async throws {
      try await tmux("display-message", "-p", "#{alternate_on}").hasPrefix("1")
    }
  }

  /// Waits until the screen is as wanted, looking each 30 ms, and gives it.
  @discardableResult
  func wait(
    for what: String, within deadline: Duration = .seconds(30),
    _ isThere: (String) throws -> Bool
  ) async throws -> String {
    let end = ContinuousClock.now + deadline
    var last = ""
    while ContinuousClock.now < end {
      last = try await screen
      if try isThere(last) { return last }
      try await Task.sleep(for: .milliseconds(30))
    }
    throw CLIFailure("waited \(deadline) in vain for \(what); the screen was:\n\(last)")
  }

  @discardableResult
  func wait(for text: String, within deadline: Duration = .seconds(30)) async throws -> String {
    try await wait(for: "\"\(text)\"", within: deadline) { $0.contains(text) }
  }

  /// The modes of the terminal as `stty -a` tells them, without its size.
  func modes() async throws -> String {
    try? FileManager.default.removeItem(atPath: "\(folder.path)/modes.txt")
    try await enter("stty -a >modes.new && mv modes.new modes.txt")
    try await eventually("the terminal's modes", within: .seconds(20)) {
      folder.read("modes.txt") != nil
    }
    return folder.text("modes.txt").split(separator: ";")
      .filter { !$0.contains("rows") && !$0.contains("columns") }.joined(separator: ";")
  }

  // MARK: - tmux

  @discardableResult
  private func tmux(_ arguments: String...) async throws -> String { try await tmux(arguments) }

  /// Closes what Foundation lets a child inherit: it takes a descriptor that the server keeps open for a
  /// sign that the child still runs.
  private static let launcher = """
    for file in /proc/$$/fd/*; do
      number=${file##*/}
      [ "$number" -gt 2 ] && eval "exec $number>&-"
    done
    exec "$@"
    """

  @discardableResult
  private func tmux(_ arguments: [String]) async throws -> String {
    let run = try CLIRun(
      ["-c", Self.launcher, "tmux", Self.tmuxPath ?? "tmux", "-L", socket] + arguments,
      in: folder.path,
      environment: folder.environment.merging(["LC_ALL": "C.UTF-8", "TERM": "xterm"]) { $1 },
      program: "/bin/bash")
    let outcome = try await run.end(within: .seconds(20))
    guard outcome.code == 0 else { throw CLIFailure("tmux \(arguments): \(outcome)") }
    return outcome.text
  }
}
