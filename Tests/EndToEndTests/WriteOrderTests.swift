import Foundation
import Testing

/// The order in which a drive writes: what the system calls show, and what is left when the program
/// ends at any of them.
@Suite("the order of writes", .serialized, .enabled(if: TracedProgram.isPossible))
struct WriteOrderTests {
  private static let archive =
    "{name: archive, kind: file, path: archive, max-events: 10, compression: zstd}"

  /// Each third cut, or with `HYDRA_SINKS_LONG` each.
  private static let step = ProcessInfo.processInfo.environment["HYDRA_SINKS_LONG"] == nil ? 3 : 1

  @Test("before a checkpoint is in place, what it claims and the checkpoint itself are on the disk")
  func order() async throws {
    let folder = try CLIFolder()
    try folder.configure(Self.archive)
    try await folder.simulate(45)
    let run = try TracedProgram.startInOrder(["run", "--until-head"], in: folder, trace: "trace")
    #expect(try await run.end().code == 0)
    // The files written to since they were last synchronized.
    var dirty: Set<Substring> = []
    var checkpoints = 0
    for line in folder.text("trace").split(separator: "\n") {
      let call = line.drop { $0 != " " }.drop { $0 == " " }
      let name = call.prefix { $0 != "(" }
      // `fsync(12</srv/archive/x>) = 0`
      let file = call.drop { $0 != "<" }.dropFirst().prefix { $0 != ">" }
      switch name {
      case "write", "pwrite64", "writev", "pwritev", "ftruncate": dirty.insert(file)
      case "fsync", "fdatasync": dirty.remove(file)
      case "rename", "renameat", "renameat2":
        guard call.contains("/checkpoint.json\"") else { continue }
        checkpoints += 1
        let unsafe = dirty.filter {
          $0.hasPrefix("\(folder.path)/archive/") || $0.contains("checkpoint.json")
        }
        #expect(unsafe.isEmpty, "\(call)")
      default: continue
      }
    }
    #expect(checkpoints > 0)
  }

  @Test(
    "cut off at each system call that changes a file, nothing is lost and nothing is there twice",
    .timeLimit(.minutes(5)))
  func cuts() async throws {
    let folder = try CLIFolder()
    try folder.configure(Self.archive)
    try await folder.simulate(45)
    let log = try #require(folder.read("log/state"))
    var cut = 0
    while true {
      cut += Self.step
      for name in ["state", "archive"] {
        try? FileManager.default.removeItem(atPath: "\(folder.path)/\(name)")
      }
      let end = try await TracedProgram.startCut(["run", "--until-head"], at: cut, in: folder).end()
      if end.code == 0 { break }
      #expect(end.code == -SIGKILL, "\(end)")
      if let claimed = folder.checkpoint("archive") {
        let held = try await CLIFolder.ids(folder.run("events", "--of", "archive").output)
        #expect(held.starts(with: 0...claimed), "cut \(cut): the checkpoint is \(claimed)")
      }
      let run = try await folder.run("run", "--until-head")
      #expect(run.code == 0, "cut \(cut): \(run)")
      let held = try await folder.run("events", "--of", "archive")
      #expect(held.output == log, "cut \(cut)")
    }
    // Of one thread: the calls are counted for each.
    #expect(cut > 5)
  }

  @Test("a slow disk slows the delivery: it is lag, and no error, and ends in order")
  func slow() async throws {
    let folder = try CLIFolder()
    try folder.configure(Self.archive)
    try await folder.simulate(45)
    let driver = try TracedProgram.startSlowed(["run"], by: .milliseconds(200), in: folder)
    var states: Set<String> = []
    try await eventually("all to be stored; \(driver.said)") {
      let status = try await folder.run("status", "--json").document()
      let shown = (status["secondaries"] as? [[String: Any]])?.first ?? [:]
      states.insert(shown["state"] as? String ?? "none")
      #expect(shown["lastError"] is NSNull, "\(shown)")
      if let claimed = folder.checkpoint("archive") {
        let held = try await CLIFolder.ids(folder.run("events", "--of", "archive").output)
        #expect(held.starts(with: 0...claimed), "the checkpoint is \(claimed)")
      }
      return folder.checkpoint("archive") == 44
    }
    #expect(states.isSubset(of: ["new", "lagging", "catching-up", "ok"]), "\(states)")
    // strace would keep the signal to itself.
    let children = "/proc/\(driver.pid)/task/\(driver.pid)/children"
    let program = try String(contentsOfFile: children, encoding: .utf8).split(separator: " ")
    kill(try #require(program.first.flatMap { Int32($0) }), SIGTERM)
    #expect(try await driver.end().code == 0)
    #expect(try await folder.run("events", "--of", "archive").output == folder.read("log/state"))
  }
}
