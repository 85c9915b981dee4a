import CNCurses
import Dashboard
import Foundation
import Synchronization

/// The work for the screen's thread, and the pipe that wakes it.
///
/// It keeps only the latest grid, and at most `commandsMax` commands: work cannot pile up.
final class Mailbox: Sendable {
  struct Contents: Sendable {
    var grid: Grid?
    var commands: [ScreenCommand] = []
    var isClosing = false
  }

  static let commandsMax = 64

  private let contents = Mutex(Contents())

  /// Signal handlers write a signal's number into the pipe, `post` writes 0.
  let readEnd: Int32
  let writeEnd: Int32

  init() throws(TerminalError) {
    var ends: [Int32] = [-1, -1]
    guard cnc_pipe(&ends) == 0 else {
      throw TerminalError(
        .system,
        "No pipe can be created for the terminal's signals: \(String(cString: strerror(errno))).")
    }
    (readEnd, writeEnd) = (ends[0], ends[1])
  }

  deinit {
    close(readEnd)
    close(writeEnd)
  }

  func post(_ change: (inout Contents) -> Void) {
    contents.withLock {
      change(&$0)
      if $0.commands.count > Self.commandsMax { $0.commands.removeFirst() }
    }
    var wake: UInt8 = 0
    // A full pipe wakes as well.
    _ = write(writeEnd, &wake, 1)
  }

  func take() -> Contents {
    contents.withLock {
      let taken = $0
      $0.grid = nil
      $0.commands = []
      return taken
    }
  }

  /// The signals that arrived since the last call, in order.
  func signals() -> [Int32] {
    var bytes = [UInt8](repeating: 0, count: 256)
    var signals: [Int32] = []
    while true {
      let count = read(readEnd, &bytes, bytes.count)
      guard count > 0 else { return signals }
      signals += bytes[..<count].filter { $0 != 0 }.map(Int32.init)
    }
  }
}
