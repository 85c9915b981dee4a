import CNCurses
package import Dashboard
internal import Foundation

/// A terminal in use: it shows grids, and sends keys, pastes, sizes and signals.
///
/// One thread makes every ncurses call. It waits in `poll` for the terminal, for signals and for this
/// class, so that an idle screen costs nothing and a key arrives at once. However the process ends
/// (return, `exit`, a signal, a crash), the terminal is restored. Until then standard error is held
/// back, and printed afterwards.
///
/// There is one terminal, so there is one screen at a time.
package final class Screen: Sendable {
  /// Why the screen ends.
  package enum End: Sendable, Hashable {
    /// SIGTERM, SIGINT or SIGQUIT.
    case terminated
    /// The terminal is gone, or SIGHUP said so.
    case vanished
  }

  /// What the user should know about the terminal; nil if there is nothing to say.
  package let note: String?
  package let isUTF8: Bool
  /// The number of colours that the terminal has and the user wants; 0 with `NO_COLOR`.
  package let colorCount: Int
  /// At the start; `Message.resized` reports changes.
  package let columns: Int
  package let lines: Int

  private let mailbox: Mailbox
  private let finished: DispatchSemaphore

  /// Takes the terminal over.
  ///
  /// - Parameters:
  ///   - wantsColors: false with `NO_COLOR`.
  ///   - onMessage: called on the screen's thread, in order, as `onEnd` is; neither may block.
  /// - Throws: `TerminalError` if no dashboard can be shown; the terminal is then unchanged.
  package init(
    wantsColors: Bool, environment: [String: String] = ProcessInfo.processInfo.environment,
    onMessage: @escaping @Sendable (Message) -> Void,
    onEnd: @escaping @Sendable (End) -> Void
  ) throws(TerminalError) {
    try Self.examine(environment)
    let mailbox = try Mailbox()
    let loop = try ScreenLoop(
      mailbox: mailbox, wantsColors: wantsColors, environment: environment,
      onMessage: onMessage, onEnd: onEnd)
    self.mailbox = mailbox
    note = loop.note
    isUTF8 = loop.isUTF8
    colorCount = loop.colorCount
    columns = loop.columns
    lines = loop.lines
    let finished = DispatchSemaphore(value: 0)
    self.finished = finished
    let thread = Thread {
      loop.run()
      finished.signal()
    }
    thread.name = "screen"
    thread.start()
  }

  /// Shows `grid` next. If grids arrive faster than the terminal takes them, only the last is
  /// shown.
  package func show(_ grid: Grid) { mailbox.post { $0.grid = grid } }

  package func perform(_ command: ScreenCommand) {
    mailbox.post { $0.commands.append(command) }
  }

  /// Restores the terminal, and returns when that is done. No input arrives afterwards.
  package func close() {
    mailbox.post { $0.isClosing = true }
    finished.wait()
    // A second call need not wait.
    finished.signal()
  }

  // MARK: - Without taking it over

  /// Whether the locale of the environment is UTF-8.
  package static var isLocaleUTF8: Bool { cnc_use_locale() }

  /// The size of the terminal on standard output; nil if that is not a terminal.
  package static var size: (columns: Int, lines: Int)? {
    var rows: Int32 = 0
    var columns: Int32 = 0
    guard cnc_size(STDOUT_FILENO, &rows, &columns), rows > 0, columns > 0 else { return nil }
    return (Int(columns), Int(rows))
  }

  private static func examine(_ environment: [String: String]) throws(TerminalError) {
    guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else {
      let what = isatty(STDOUT_FILENO) == 1 ? "standard input" : "standard output"
      throw TerminalError(
        .notATerminal,
        "The dashboard needs a terminal, but \(what) is not a terminal: "
          + "run it in one, or print a single frame with --once, or use the status command.")
    }
    guard let term = environment["TERM"], !term.isEmpty else {
      throw TerminalError(
        .termUnset,
        "TERM is not set, so the dashboard cannot know how to draw on this terminal: "
          + "set it, for example TERM=xterm-256color, or print a single frame with --once.")
    }
  }
}
