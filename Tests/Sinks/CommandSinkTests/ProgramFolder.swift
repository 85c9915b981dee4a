import EventPersistence
import Foundation

@testable import CommandSink

/// A folder with a script in it, removed after the test.
final class ProgramFolder: Sendable {
  let path = NSTemporaryDirectory() + "command-\(UUID().uuidString)"

  init() throws {
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func text(_ name: String) -> String? {
    try? String(contentsOfFile: "\(path)/\(name)", encoding: .utf8)
  }

  /// Options of a sink whose program is a script that runs in `sh`, with this folder as `$1`.
  func options(
    _ script: String, arguments: [String] = [], timeout: Duration = .seconds(30),
    grace: Duration = .seconds(30)
  ) throws -> CommandSink.Options {
    let program = "\(path)/program"
    try Data("#!/bin/sh\n\(script)\n".utf8).write(to: URL(fileURLWithPath: program))
    chmod(program, 0o755)
    Self.waitForWriters(of: program)
    return CommandSink.Options(
      command: [program, path] + arguments, name: "audit", childLock: "\(path)/child.lock",
      timeout: timeout, grace: grace)
  }

  /// A program that another test starts at this moment can have the script open for writing, until
  /// it runs itself; nothing executes such a file. The kernel leases a file that nobody writes.
  private static func waitForWriters(of file: String) {
    let descriptor = open(file, O_RDONLY | O_CLOEXEC)
    defer { close(descriptor) }
    // F_SETLEASE, which Glibc does not show to Swift.
    let setLease: Int32 = 1024
    while fcntl(descriptor, setLease, F_RDLCK) != 0, errno == EAGAIN { usleep(1000) }
  }

  func sink(
    _ script: String, arguments: [String] = [], timeout: Duration = .seconds(30),
    grace: Duration = .seconds(30)
  ) throws -> CommandSink {
    CommandSink(try options(script, arguments: arguments, timeout: timeout, grace: grace))
  }

  func stream(
    _ script: String, timeout: Duration = .seconds(30), grace: Duration = .seconds(30),
    window: Int = CommandStream.windowDefault, greetingTime: Duration = .milliseconds(20),
    reportsEach: Duration = .seconds(600)
  ) throws -> CommandStream {
    CommandStream(
      try options(script, timeout: timeout, grace: grace), window: window,
      greetingTime: greetingTime, reportsEach: reportsEach)
  }
}

/// Events of these ids, each with `padding` bytes of padding.
func programBatch(_ ids: [UInt64], padding: Int = 0) -> EventBatch {
  EventBatch(
    ids.map {
      StateEvent(
        position: Position(eventId: $0, tag: "T"),
        json: Array(
          "{\"eventId\":\($0),\"x\":\"\(String(repeating: "x", count: padding))\"}".utf8))
    })
}

/// The error that `body` throws; nil if it throws none.
func sinkError(_ body: () async throws -> Void) async -> SinkError? {
  do {
    try await body()
    return nil
  } catch {
    return error as? SinkError
  }
}
