import Foundation
import Testing

/// The program as process 1 of a container: a root that cannot be written to, processes of its own, a user that no
/// file knows, no home, no terminal.
@Suite(
  "a container", .serialized,
  .enabled(
    if: Container.isPossible,
    "Processes and mounts of their own need root, and a kernel that permits them: skipped."))
struct ContainerTests {
  @Test(
    "process 1 drives, reaps what is left to it, keeps its programs' exit codes, and ends in order")
  func first() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(30)
    // It leaves a process behind, whose parent is then process 1.
    try folder.write(
      """
      #!/bin/sh
      cat >/dev/null
      (sh -c 'sleep 0.1; echo $$ >>data/orphans' </dev/null >/dev/null 2>&1 3>&- &)

      """, to: "loader", mode: 0o755)
    try folder.write(
      "#!/bin/sh\ncat >/dev/null\ntest -e data/repaired || exit 7\n", to: "fails", mode: 0o755)
    try folder.configure(
      "{name: archive, kind: file, path: data/archive}",
      "{name: audit, kind: command, command: [./loader], max-events: 5}",
      "{name: broken, kind: command, command: [./fails]}", more: "silent-after: off\n")
    let container = try Container(["run"], in: folder)
    try await eventually("the deliveries; \(container.run.said)") {
      folder.checkpoint("archive") == 29 && folder.checkpoint("audit") == 29
    }
    let orphans = { folder.text("data/orphans").split(separator: "\n").count }
    try await eventually("orphans; \(container.run.said)") { orphans() >= 6 }
    let pid = try await container.pid()
    #expect(try Container.status(of: pid, "NSpid").split(separator: "\t").last == "1")
    #expect(try Container.status(of: pid, "Uid").contains("12345"))
    try await eventually("no zombies: \(Container.children(of: pid))") {
      Container.children(of: pid).allSatisfy { $0.state != "Z" }
    }

    // An exit code that process 1 had taken from the driver would be lost.
    try await eventually("the exit code; \(container.run.said)") {
      folder.text("state/broken/journal.jsonl").contains("exit code 7")
    }
    var health = try await container.enter(["status"]).end()
    try await eventually("the failure; \(container.run.said)") {
      health = try await container.enter(["status"]).end()
      return health.text.contains("exit code 7")
    }
    try folder.write("", to: "data/repaired")
    #expect(try await container.enter(["retry", "broken"]).end().code == 0)
    try await eventually("health; \(container.run.said)") {
      health = try await container.enter(["status"]).end()
      return health.code == 0
    }
    kill(pid, SIGTERM)
    #expect(try await container.run.end().code == 0, "\(container.run.said)")
    #expect(folder.json("state/archive/driver.json")?["endedAt"] is String)
  }

  @Test("a command without signal handlers of its own ends on SIGTERM, also as process 1")
  func signalled() async throws {
    let folder = try CLIFolder()
    try await folder.simulate(10)
    let container = try Container(["events", "log", "--follow"], in: folder)
    try await eventually("output; \(container.run.said)") { !container.run.written.isEmpty }
    kill(try await container.pid(), SIGTERM)
    let code = try await container.run.end().code
    #expect(code == 128 + SIGTERM || code == -SIGTERM || code == 0, "\(code)")
  }

  @Test(
    "a node in a container is found from outside, and read through its root",
    arguments: ["state", "sqlite-cbor"])
  func found(format: String) async throws {
    let folder = try CLIFolder()
    try FileManager.default.createDirectory(
      atPath: "\(folder.path)/data/log", withIntermediateDirectories: true)
    chown("\(folder.path)/data/log", 12345, 0)
    try FileManager.default.createSymbolicLink(
      atPath: "\(folder.path)/hydra-node", withDestinationPath: CLIProgram.path)
    let container = try Container(
      ["simulate", ".", "--rate", "20", "--format", format], in: folder,
      // A mount of its own, as a volume is: the same path outside is an empty folder.
      after: "mount --bind data/log log && cd log", program: "\(folder.path)/hydra-node")
    try await eventually("a log; \(container.run.said)") {
      folder.read("data/log/state") != nil || folder.read("data/log/hydra.db") != nil
    }
    let pid = try await container.pid()
    // Without an argument: other nodes may run on this machine.
    let all = try await folder.run("watch", "--once")
    #expect(all.code == 0 && all.text.contains("log"), "\(all)")
    let inside = "/proc/\(pid)/root\(folder.log)"
    try await eventually("events; \(container.run.said)") {
      let events = try await folder.run("events", inside, "--last", "1")
      return try (CLIFolder.ids(events.output).last ?? 0) > 5
    }
    let one = try await folder.run("watch", "--once", inside)
    #expect(one.text.contains(inside) && !one.text.contains("holds no log"), "\(one)")
    kill(pid, SIGTERM)
    _ = try await container.run.end()
  }
}

/// A program in namespaces of its own, as an engine for containers starts it.
private final class Container {
  let run: CLIRun
  private let folder: CLIFolder
  private let user = "--reuid 12345 --regid 0 --clear-groups --no-new-privs --bounding-set=-all"

  static let isPossible: Bool = {
    guard geteuid() == 0, let folder = try? CLIFolder(),
      let container = try? Container(["--version"], in: folder)
    else { return false }
    while container.run.isRunning { usleep(1000) }
    return !container.run.written.isEmpty
  }()

  /// Starts `program` as process 1, in the folder, of which only `data` and `state` can be written to.
  init(
    _ arguments: [String], in folder: CLIFolder, after more: String = "true",
    program: String = CLIProgram.path
  ) throws {
    for name in ["data", "state"] {
      let path = "\(folder.path)/\(name)"
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      chown(path, 12345, 0)
    }
    if folder.read("hydra-sinks.yaml") != nil {
      chmod("\(folder.path)/hydra-sinks.yaml", 0o644)
    }
    self.folder = folder
    let script = """
      { mount --make-rprivate / && mount -t proc proc /proc && mount --bind "$0" "$0" \
      && mount --bind "$0/data" "$0/data" && mount --bind "$0/state" "$0/state" \
      && cd "$0" && \(more) && mount -o remount,bind,ro "$0" && mount -o remount,bind,ro /; } || exit 99
      exec setpriv \(user) env -i PATH="$PATH" "$@"
      """
    run = try CLIRun(
      [
        "--wait", "unshare", "--mount", "--pid", "--fork", "--kill-child", "/bin/sh", "-c", script,
        folder.path, program,
      ] + arguments, in: folder.path, environment: folder.environment, program: "/usr/bin/setsid")
  }

  deinit {
    // Its end is that of all processes in it.
    guard run.isRunning else { return }
    var pids = [run.pid]
    while let pid = pids.popLast() {
      pids += Self.children(of: pid).map(\.pid)
      kill(pid, SIGKILL)
    }
  }

  /// Process 1 of the container, by its number outside, once it is the program.
  func pid() async throws -> pid_t {
    var found: pid_t?
    try await eventually("process 1; \(run.said)") {
      var pids = [run.pid]
      while let pid = pids.popLast() {
        let ids = (try? Self.status(of: pid, "NSpid").split(separator: "\t")) ?? []
        if ids.count > 1, ids.last == "1", try Self.status(of: pid, "Uid").contains("12345") {
          found = pid
        }
        pids += Self.children(of: pid).map(\.pid)
      }
      return found != nil
    }
    return found!
  }

  /// Another run of the program beside process 1, as a health check is run.
  func enter(_ arguments: [String]) async throws -> CLIRun {
    try CLIRun(
      [
        "--target", "\(try await pid())", "--mount", "--pid", "/bin/sh", "-c",
        "cd \"$0\" && exec setpriv \(user) env -i PATH=\"$PATH\" \"$@\"", folder.path,
        CLIProgram.path,
      ] + arguments, in: folder.path, environment: folder.environment, program: "/usr/bin/nsenter")
  }

  /// A line of `/proc/PID/status`.
  static func status(of pid: pid_t, _ key: String) throws -> String {
    let text = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
    return text.split(separator: "\n").first { $0.hasPrefix("\(key):") }.map(String.init) ?? ""
  }

  static func children(of parent: pid_t) -> [(pid: pid_t, state: String)] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap { pid_t($0) }.compactMap { pid in
      guard (try? status(of: pid, "PPid").split(separator: "\t").last) == "\(parent)",
        let state = try? status(of: pid, "State").split(separator: "\t").last?.prefix(1)
      else { return nil }
      return (pid, String(state))
    }
  }
}
