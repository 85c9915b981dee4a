import Foundation

/// A terminal of a test's own: tmux with a shell in it, and the eyes and hands of its user.
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
  private var server: pid_t?

  init(in folder: CLIFolder, columns: Int, lines: Int) async throws {
    self.folder = folder
    try folder.write(
      """
      set -g default-terminal tmux-256color
      set -g escape-time 0
      set -g status off
      set -g remain-on-exit on
      """, to: "tmux.conf")
    try folder.write(
      "PS1='\(Self.prompt) '\nprogram='\(CLIProgram.path)'\n", to: "shell.rc")
    try await tmux(
      "-f", "\(folder.path)/tmux.conf", "new-session", "-d", "-x", "\(columns)", "-y", "\(lines)",
      "-c", folder.path, "bash --noprofile --rcfile \(folder.path)/shell.rc -i")
    server = try await pid_t(
      tmux("display-message", "-p", "#{pid}").trimmingCharacters(in: .whitespacesAndNewlines))
    try await wait(for: "the shell") { $0.contains(Self.prompt) }
  }

  /// Kills the server, and with it everything in the terminal: asking it to end could fail.
  deinit { if let server { kill(server, SIGKILL) } }

  // MARK: - Hands

  /// Presses keys by their tmux names: `R`, `Enter`, `C-c`, `PPage`.
  func press(_ keys: String...) async throws {
    try await tmux(["send-keys"] + keys)
  }

  /// Presses many keys, in one call of tmux.
  func press(keys: [String]) async throws { try await tmux(["send-keys"] + keys) }

  /// Clicks on a cell, counted from 0, in the encoding that the program asked for.
  func click(column: Int, line: Int) async throws {
    let isSGR = try await tmux("display-message", "-p", "#{mouse_sgr_flag}").hasPrefix("1")
    for isDown in [true, false] {
      let place = [column, line].map { Character(Unicode.Scalar(UInt8(33 + $0))) }
      let text =
        isSGR
        ? "\u{1B}[<0;\(column + 1);\(line + 1)\(isDown ? "M" : "m")"
        : "\u{1B}[M\(isDown ? " " : "#")\(place[0])\(place[1])"
      try await tmux("send-keys", "-l", text)
    }
  }

  /// Types text into the shell and sends it off.
  func enter(_ line: String) async throws {
    try await tmux("send-keys", "-l", line)
    try await press("Enter")
  }

  /// Starts the program of these arguments. Its path, which may have any word that a test waits for, is
  /// not on the screen.
  func start(_ arguments: String) async throws {
    try await enter("\"$program\" \(arguments)")
  }

  func paste(_ text: String) async throws {
    try folder.write(text, to: "paste.txt")
    try await tmux("load-buffer", "\(folder.path)/paste.txt")
    try await tmux("paste-buffer", "-p")
  }

  func resize(columns: Int, lines: Int) async throws {
    try await tmux("resize-window", "-x", "\(columns)", "-y", "\(lines)")
  }

  /// Closes it, as a window or a connection that goes away does.
  func vanish() {
    if let server { kill(server, SIGKILL) }
    server = nil
  }

  // MARK: - Eyes

  var screen: String {
    get async throws { try await tmux("capture-pane", "-p") }
  }

  /// The window's title.
  var title: String {
    get async throws {
      try await tmux("display-message", "-p", "#{pane_title}")
        .trimmingCharacters(in: .whitespacesAndNewlines)
    }
  }

  /// Whether the bell has been rung.
  var hasRung: Bool {
    get async throws {
      try await tmux("display-message", "-p", "#{window_bell_flag}").hasPrefix("1")
    }
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

  /// Waits until the shell asks again: what it ran has ended, not only left the alternate screen.
  @discardableResult
  func waitForShell() async throws -> String {
    try await wait(for: "an empty line with the prompt") {
      $0.split(separator: "\n").last?.trimmingCharacters(in: .whitespaces) == Self.prompt
    }
  }

  /// The modes of the terminal as `stty -a` prints them, without its size.
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

  @discardableResult
  private func tmux(_ arguments: [String]) async throws -> String {
    let output = "\(folder.path)/.tmux-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: output) }
    let environment = folder.environment.merging(["LC_ALL": "C.UTF-8", "TERM": "xterm"]) { $1 }
    let client = try Self.spawn(
      [Self.tmuxPath ?? "tmux", "-L", socket] + arguments, environment, output: output)
    var status: Int32 = 0
    try await eventually("the end of tmux \(arguments)", within: .seconds(20)) {
      waitpid(client, &status, WNOHANG) == client
    }
    let text = (try? String(contentsOfFile: output, encoding: .utf8)) ?? ""
    guard status == 0 else { throw CLIFailure("tmux \(arguments): status \(status)\n\(text)") }
    return text
  }

  /// Starts a program with nothing but its standard descriptors and no signal blocked.
  ///
  /// Foundation's `Process` leaves a child the blocked signals of the thread that starts it, and a
  /// descriptor that a server keeps open for a sign that the child still runs.
  private static func spawn(
    _ arguments: [String], _ environment: [String: String], output: String
  ) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    // A descriptor that is not open is not an error.
    for descriptor in Int32(3)..<256 { posix_spawn_file_actions_addclose(&actions, descriptor) }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    var all = sigset_t()
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF))
    var words = arguments.map { strdup($0) } + [nil]
    var settings = environment.map { strdup("\($0)=\($1)") } + [nil]
    defer { for word in words + settings { free(word) } }
    var pid: pid_t = 0
    let error = posix_spawn(&pid, arguments[0], &actions, &attributes, &words, &settings)
    guard error == 0 else { throw CLIFailure("\(arguments): \(String(cString: strerror(error)))") }
    return pid
  }
}
