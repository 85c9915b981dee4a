import CNCurses
import Dashboard
import Foundation

/// The screen's thread: every ncurses call is made here.
// Made on one thread and then used by another alone; `Thread.start` orders the two.
final class ScreenLoop: @unchecked Sendable {
  let isUTF8: Bool
  let colorCount: Int
  /// What the user should know about the terminal.
  let note: String?
  private(set) var columns = 0
  private(set) var lines = 0

  private let mailbox: Mailbox
  private let onMessage: @Sendable (Message) -> Void
  private let onEnd: @Sendable (Screen.End) -> Void
  private var canvas: Canvas
  private var decoder = KeyDecoder()
  private var title: String?
  /// Whether the terminal understands sequences that begin with `ESC ]`, or at least does not print
  /// them.
  private let takesCommands: Bool
  private var hasMouse = false

  /// Consoles print the text of such a sequence instead of ignoring it.
  private static let plainTerminals = ["linux", "vt", "cons", "con80", "hurd", "ansi", "dumb"]

  /// How long to wait for the end of a paste or a sequence.
  private static let patienceMilliseconds: Int32 = 500

  init(
    mailbox: Mailbox, wantsColors: Bool, environment: [String: String],
    onMessage: @escaping @Sendable (Message) -> Void,
    onEnd: @escaping @Sendable (Screen.End) -> Void
  ) throws(TerminalError) {
    self.mailbox = mailbox
    self.onMessage = onMessage
    self.onEnd = onEnd
    isUTF8 = cnc_use_locale()
    // Before ncurses starts: ncurses keeps the handlers that already exist, and the old modes are
    // still set.
    guard cnc_guard_arm(STDOUT_FILENO, mailbox.writeEnd) == 0 else {
      throw TerminalError(
        .system, "The terminal's modes cannot be read: \(String(cString: strerror(errno))).")
    }
    var term = environment["TERM"] ?? ""
    var opened = cnc_open(term)
    var substitute: SubstituteTerminal?
    if opened == CNC_OPEN_UNKNOWN_TERMINAL {
      let other = SubstituteTerminal(for: term, environment)
      opened = cnc_open(other.name)
      if opened == CNC_OPEN_DONE { (term, substitute) = (other.name, other) }
    }
    guard opened == CNC_OPEN_DONE else {
      cnc_guard_release()
      cnc_guard_disarm()
      throw Self.refusal(opened, term: term)
    }
    note = substitute?.note
    takesCommands = !Self.plainTerminals.contains { term.hasPrefix($0) }
    colorCount = wantsColors ? Int(cnc_colors()) : 0
    canvas = Canvas(
      isUTF8: isUTF8,
      pairs: ColorPairs(colors: colorCount, pairsMax: Int(cnc_pairs())) {
        cnc_make_pair($0, $1, $2)
      })
    fit()
  }

  private static func refusal(_ result: cnc_open_result, term: String) -> TerminalError {
    if result == CNC_OPEN_NO_CURSOR {
      return TerminalError(
        .termTooSimple,
        "The terminal \"\(term)\" cannot place its cursor: use another one, "
          + "or print a single frame with --once, or use the status command.")
    }
    return TerminalError(
      .termUnknown,
      "This machine has no description of the terminal \"\(term)\", nor of the most usual ones: "
        + "install them (Debian: ncurses-base), or print a single frame with --once.")
  }

  /// Runs until the mailbox closes; the terminal is restored when it returns.
  func run() {
    defer {
      if title != nil { write(ControlSequence.restoreTitle) }
      cnc_close()
      cnc_guard_disarm()
    }
    var isThere = true
    while true {
      let work = mailbox.take()
      if work.isClosing { return }
      if isThere {
        if let grid = work.grid { canvas.draw(grid) }
        for command in work.commands { perform(command) }
      }
      let ready = wait(watchingTerminal: isThere)
      if ready.mail { for signal in mailbox.signals() { take(signal) } }
      if isThere, ready.isGone {
        isThere = false
        onEnd(.vanished)
      }
      if isThere, ready.keys { readKeys() }
      if ready.timedOut { tell(decoder.abandon()) }
    }
  }

  private struct Ready {
    var keys = false
    var mail = false
    var isGone = false
    var timedOut = false
  }

  private func wait(watchingTerminal: Bool) -> Ready {
    var entries = [
      pollfd(fd: mailbox.readEnd, events: Int16(POLLIN), revents: 0),
      pollfd(fd: watchingTerminal ? STDIN_FILENO : -1, events: Int16(POLLIN), revents: 0),
    ]
    let count = poll(&entries, 2, decoder.isWaiting ? Self.patienceMilliseconds : -1)
    var ready = Ready()
    if count == 0 { ready.timedOut = true }
    // Interrupted by a signal; the next round reads its byte.
    guard count > 0 else { return ready }
    ready.mail = entries[0].revents != 0
    let terminal = Int32(entries[1].revents)
    if terminal & (POLLERR | POLLHUP | POLLNVAL) != 0 {
      ready.isGone = true
    } else if terminal & POLLIN != 0 {
      var available: Int32 = 0
      // Readable, but with nothing to read: the terminal has ended.
      ready.isGone = cnc_available(STDIN_FILENO, &available) != 0 || available == 0
      ready.keys = !ready.isGone
    }
    return ready
  }

  // MARK: - Keys

  private func readKeys() {
    var code: UInt32 = 0
    while true {
      let kind = cnc_key(&code)
      if kind == 0 { break }
      if kind == 1 {
        if code == 0x1C, !decoder.isPasting {
          // Ctrl-\ keeps its meaning: end at once, with a core where the user wants one.
          cnc_close()
          cnc_guard_disarm()
          raise(SIGQUIT)
          // The kernel does not end process 1 by it.
          _exit(128 + SIGQUIT)
        }
        tell(decoder.feed(.character(code)))
      } else if Int32(bitPattern: code) == KEY_MOUSE {
        mouse()
      } else if Int32(bitPattern: code) != KEY_RESIZE {
        tell(decoder.feed(.function(code)))
      }
    }
    tell(decoder.flush())
  }

  private func tell(_ messages: [Message]) {
    for message in messages { onMessage(message) }
  }

  private func mouse() {
    var row: Int32 = 0
    var column: Int32 = 0
    var buttons: UInt64 = 0
    guard cnc_mouse(&row, &column, &buttons) else { return }
    let kind: MouseEvent.Kind =
      if buttons & cnc_wheel_up() != 0 {
        .wheelUp
      } else if buttons & cnc_wheel_down() != 0 {
        .wheelDown
      } else {
        .click
      }
    onMessage(.mouse(MouseEvent(kind, column: Int(column), line: Int(row))))
  }

  // MARK: - Signals

  private func take(_ signal: Int32) {
    switch signal {
    case SIGWINCH:
      fit()
      onMessage(.resized(width: columns, height: lines))
    case SIGTSTP: suspend()
    case SIGCONT: resume()
    case SIGHUP: onEnd(.vanished)
    default: onEnd(.terminated)
    }
  }

  private func fit() {
    var rows: Int32 = 0
    var width: Int32 = 0
    cnc_fit(&rows, &width)
    (lines, columns) = (Int(rows), Int(width))
    canvas.forget()
  }

  private func suspend() {
    // Another program finds the old title.
    if title != nil { write(ControlSequence.restoreTitle) }
    cnc_suspend()
    if let title { write(ControlSequence.saveTitle + ControlSequence.title(title)) }
    resume()
    // This is the continuation that was just handled.
    for signal in mailbox.signals() where signal != SIGCONT { take(signal) }
  }

  private func resume() {
    cnc_resume()
    if hasMouse { _ = cnc_mouse_mask(true) }
    fit()
    canvas.redraw()
    onMessage(.resized(width: columns, height: lines))
  }

  // MARK: - Commands

  private func perform(_ command: ScreenCommand) {
    switch command {
    case .copy(let text): if takesCommands { write(ControlSequence.copy(text)) }
    case .title(let text):
      guard takesCommands else { return }
      if title == nil {
        write(ControlSequence.saveTitle)
        // A crash restores it too.
        cnc_guard_append(ControlSequence.restoreTitle)
      }
      title = text
      write(ControlSequence.title(text))
    case .bell: cnc_bell()
    case .redraw:
      cnc_clear_terminal()
      canvas.redraw()
    case .mouse(let isOn):
      hasMouse = isOn
      _ = cnc_mouse_mask(isOn)
    case .suspend: suspend()
    }
  }

  private func write(_ sequence: String) {
    guard cnc_speaks_ansi() else { return }
    var sequence = sequence
    sequence.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { cnc_write($0.baseAddress!, $0.count) }
    }
  }
}
