internal import Foundation
internal import Synchronization

/// Writes results, whole and in large writes; ends quietly if the reader has gone.
package enum StandardOutput {
  private static let used = Atomic<Bool>(false)

  /// Whether anything was written.
  package static var isUsed: Bool { used.load(ordering: .relaxed) }

  /// Writes all of `bytes`. If the reader has gone (`| head`), the process ends as if by SIGPIPE.
  package static func write(_ bytes: UnsafeRawBufferPointer) {
    used.store(true, ordering: .relaxed)
    var rest = bytes
    while let base = rest.baseAddress, !rest.isEmpty {
      let count = Foundation.write(STDOUT_FILENO, base, rest.count)
      if count >= 0 {
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      } else if errno == EPIPE {
        signal(SIGPIPE, SIG_DFL)
        raise(SIGPIPE)
        // The kernel does not end process 1 by it.
        _exit(128 + SIGPIPE)
      } else if errno == EAGAIN {
        var poll = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
        _ = Foundation.poll(&poll, 1, -1)
      } else if errno != EINTR {
        StandardError.say("standard output: \(String(cString: strerror(errno)))")
        exit(ExitStatus.error.rawValue)
      }
    }
  }

  /// Text for people.
  package static func write(_ text: String) {
    var text = Signs.shown(text)
    text.withUTF8 { write(UnsafeRawBufferPointer($0)) }
  }

  package static func line(_ text: String) { write(text + "\n") }

  /// One JSON document on a line of its own.
  package static func document(_ value: some Encodable) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(value) else {
      preconditionFailure("our documents contain only what JSON can express")
    }
    (data + [0x0A]).withUnsafeBytes { write($0) }
  }
}

/// Writes everything except results.
package enum StandardError {
  package static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// A sentence, with the program's name before it.
  package static func say(_ message: String) { write("hydra-sinks: \(Visible.text(message))\n") }

  /// Writes `text` as it is. If standard error has no reader any more, the text is lost.
  package static func write(_ text: String) {
    var text = Signs.shown(text)
    text.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      while let base = rest.baseAddress, !rest.isEmpty {
        let count = Foundation.write(STDERR_FILENO, base, rest.count)
        if count < 0 && errno != EINTR { return }
        if count > 0 { rest = UnsafeRawBufferPointer(rebasing: rest[count...]) }
      }
    }
  }
}
