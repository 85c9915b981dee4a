import Foundation

/// The built program, run as a user runs it: as its own process.
enum CLIProgram {
  /// The one that `HYDRA_SINKS_PROGRAM` names, as `Tests/run` does with the optimized build; else the one
  /// that was built with the tests, beside their bundle.
  static let path: String = {
    if let given = ProcessInfo.processInfo.environment["HYDRA_SINKS_PROGRAM"] { return given }
    let bundle = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
      .map { URL(fileURLWithPath: $0) }
    return bundle?.deletingLastPathComponent().appending(path: "hydra-sinks").path ?? "hydra-sinks"
  }()

  /// How a run of it ended.
  struct Outcome: CustomStringConvertible {
    /// The exit code; that of a signal is negative.
    var code: Int32
    var output: Data
    var errors: String

    var text: String { String(decoding: output, as: UTF8.self) }
    var lines: [Substring] { text.split(separator: "\n") }

    /// Standard output as one JSON document.
    func document() throws -> [String: Any] {
      let value = try JSONSerialization.jsonObject(with: output)
      return value as? [String: Any] ?? [:]
    }

    var description: String { "exit \(code)\n--- stdout\n\(text)\n--- stderr\n\(errors)" }
  }
}

/// A program that is running: what it says goes to files, so that it never waits for a reader.
final class CLIRun {
  private let process = Process()
  private let output: URL
  private let errors: URL
  /// How it ended, as `waitpid` tells it.
  private var status: Int32?

  init(
    _ arguments: [String], in folder: String, environment: [String: String],
    program: String = CLIProgram.path
  ) throws {
    let name = UUID().uuidString
    output = URL(fileURLWithPath: "\(folder)/.out-\(name)")
    errors = URL(fileURLWithPath: "\(folder)/.err-\(name)")
    for file in [output, errors] { try Data().write(to: file) }
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.environment = environment
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
  }

  deinit { if isRunning { kill(process.processIdentifier, SIGKILL) } }

  var pid: Int32 { process.processIdentifier }

  /// Asks the kernel: Foundation waits for the end of a socket that a program which another thread
  /// starts at the same moment can inherit.
  var isRunning: Bool {
    guard status == nil, process.isRunning else { return false }
    var ended: Int32 = 0
    if waitpid(pid, &ended, WNOHANG) == pid { status = ended }
    return status == nil
  }

  /// Its standard error so far.
  var said: String { (try? String(contentsOf: errors, encoding: .utf8)) ?? "" }
  /// What it has written to standard output so far.
  var written: Data { (try? Data(contentsOf: output)) ?? Data() }

  func send(_ signal: Int32) { kill(pid, signal) }

  /// Waits for its end; a program that runs past the deadline is ended, and fails the test.
  func end(within deadline: Duration = .seconds(60)) async throws -> CLIProgram.Outcome {
    do {
      try await eventually("the end of \(process.arguments ?? [])", within: deadline) {
        !isRunning
      }
    } catch {
      send(SIGKILL)
      throw CLIFailure("\(error); it had said:\n\(said)")
    }
    return CLIProgram.Outcome(code: code, output: written, errors: said)
  }
}

extension CLIRun {
  /// The exit code of a program that has ended; that of a signal is negative.
  private var code: Int32 {
    if let status { return status & 0x7F == 0 ? status >> 8 & 0xFF : -(status & 0x7F) }
    return process.terminationReason == .exit
      ? process.terminationStatus : -process.terminationStatus
  }
}

struct CLIFailure: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}

/// Waits until `condition` holds, looking each 20 ms; fails after the deadline, saying what was waited for,
/// and what `found` says then.
func eventually(
  _ what: String, within deadline: Duration = .seconds(60),
  every interval: Duration = .milliseconds(20),
  _ condition: () async throws -> Bool, found: () -> String = { "" }
) async throws {
  let end = ContinuousClock.now + deadline
  while ContinuousClock.now < end {
    if try await condition() { return }
    try await Task.sleep(for: interval)
  }
  throw CLIFailure("waited \(deadline) in vain for: \(what) \(found())")
}
