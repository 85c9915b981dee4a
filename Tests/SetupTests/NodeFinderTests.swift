import Foundation
import Setup
import Testing

@Suite("hydra-nodes on this machine")
struct NodeFinderTests {
  /// A folder as the kernel shows processes; removed at its end.
  private final class Processes {
    let path: String

    init() throws {
      path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// `folder` is nil for another user's process.
    ///
    /// `root` is nil where the kernel shows none.
    func add(
      _ pid: Int, _ arguments: [String], in folder: String?, root: String? = nil
    ) throws {
      try FileManager.default.createDirectory(
        atPath: "\(path)/\(pid)", withIntermediateDirectories: true)
      let text = arguments.map { "\($0)\0" }.joined()
      try Data(text.utf8).write(to: URL(filePath: "\(path)/\(pid)/cmdline"))
      for (name, target) in [("cwd", folder), ("root", root)] {
        guard let target else { continue }
        try FileManager.default.createSymbolicLink(
          atPath: "\(path)/\(pid)/\(name)", withDestinationPath: target)
      }
    }

    var found: [NodeFinder.Found] { NodeFinder(processes: path).find() }
    var directories: [String] { found.compactMap(\.directory) }
  }

  @Test("are found by their program, and their directory by the option in either form")
  func options() throws {
    let processes = try Processes()
    try processes.add(30, ["/usr/bin/hydra-node", "--persistence-dir", "/var/lib/a"], in: "/")
    try processes.add(31, ["hydra-node", "--quiet", "--persistence-dir=b"], in: "/srv")
    try processes.add(32, ["vim", "hydra-node", "--persistence-dir", "/c"], in: "/")
    try processes.add(33, ["hydra-node", "--persistence-dir", "/var/lib/a"], in: "/")
    #expect(processes.directories == ["/var/lib/a", "/srv/b"])
  }

  @Test("by their YAML file, from that file's folder, else by their working directory")
  func files() throws {
    let processes = try Processes()
    let folder = "\(processes.path)/etc"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for (name, text) in [
      ("alice", "persistence-dir: state-of-alice\n"), ("default", "node-id: bob\n"), ("empty", ""),
      ("absolute", "persistence-dir: /var/lib/carol\n"), ("broken", "a: [\n"),
    ] {
      try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name).yaml"))
    }
    func directory(_ pid: Int, _ arguments: String...) throws -> String? {
      try processes.add(pid, ["hydra-node"] + arguments, in: processes.path)
      return processes.found.first { $0.pid == pid }?.directory
    }
    #expect(try directory(40, "--config", "etc/alice.yaml") == "\(folder)/state-of-alice")
    #expect(try directory(41, "--config", "etc/default.yaml") == folder)
    #expect(try directory(42, "--config=\(folder)/absolute.yaml") == "/var/lib/carol")
    // What a file says that cannot be read is not known.
    #expect(try directory(43, "--config", "not-there.yaml") == nil)
    #expect(try directory(44, "--config", "etc/broken.yaml") == nil)
    // The command line counts, from the working directory.
    let here = try directory(45, "--config", "etc/alice.yaml", "--persistence-dir", "here")
    #expect(here == "\(processes.path)/here")
    #expect(try directory(46) == processes.path)
    // Of two with the same directory, only the first.
    #expect(try directory(47, "--config", "etc/empty.yaml") == nil)
  }

  @Test("those with another root, through it")
  func roots() throws {
    let processes = try Processes()
    let root = "\(processes.path)/container"
    for folder in ["data", "etc/hydra/state", "srv"] {
      try FileManager.default.createDirectory(
        atPath: "\(root)/\(folder)", withIntermediateDirectories: true)
    }
    try Data("persistence-dir: state\n".utf8)
      .write(to: URL(filePath: "\(root)/etc/hydra/node.yaml"))
    try processes.add(60, ["hydra-node", "--persistence-dir", "/data"], in: "/", root: root)
    try processes.add(61, ["hydra-node", "--config", "/etc/hydra/node.yaml"], in: nil, root: root)
    // The kernel shows the working directory as a path of ours, or of the process.
    try processes.add(62, ["hydra-node"], in: "\(root)/srv", root: root)
    // What is not there yet is not looked for in our own root.
    try processes.add(63, ["hydra-node", "--persistence-dir", "/proc"], in: "/", root: root)
    try processes.add(64, ["hydra-node", "--persistence-dir", "/tmp"], in: "/", root: "/")
    #expect(
      processes.directories == [
        "\(root)/data", "\(root)/etc/hydra/state", "\(root)/srv",
        "\(processes.path)/63/root/proc", "/tmp",
      ])
  }

  /// Whether this user can give a process mounts of its own.
  private static let canUnshare: Bool = {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/unshare")
    process.arguments = ["--mount", "mount", "-t", "tmpfs", "none", "/mnt"]
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }()

  @Test("one with mounts of its own, by its files and not by ours", .enabled(if: canUnshare))
  func namespaces() throws {
    let processes = try Processes()
    let data = "\(processes.path)/data"
    try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
    let node = Process()
    node.executableURL = URL(filePath: "/usr/bin/unshare")
    let script =
      "mount -t tmpfs none '\(data)' && echo inside >'\(data)/state' && echo ready && "
      + "exec -a hydra-node sh -c 'read line' --persistence-dir '\(data)'"
    node.arguments = ["--mount", "bash", "-c", script]
    let (input, output) = (Pipe(), Pipe())
    node.standardInput = input
    node.standardOutput = output
    try node.run()
    defer {
      try? input.fileHandleForWriting.close()
      node.waitUntilExit()
    }
    #expect(output.fileHandleForReading.availableData == Data("ready\n".utf8))
    // The kernel's own view of it, and of no other node.
    try FileManager.default.createSymbolicLink(
      atPath: "\(processes.path)/1", withDestinationPath: "/proc/\(node.processIdentifier)")
    var directory: String?
    // Until the shell has become the node.
    for _ in 0..<1000 where directory == nil {
      directory = processes.directories.first
      usleep(10_000)
    }
    let found = try #require(directory)
    #expect(found == "\(processes.path)/1/root\(data)")
    #expect(try String(contentsOfFile: "\(found)/state", encoding: .utf8) == "inside\n")
  }

  @Test("those of another user as well, if an absolute path leads to their directory")
  func others() throws {
    let processes = try Processes()
    let file = "\(processes.path)/node.yaml"
    try Data("persistence-dir: /var/lib/b\n".utf8).write(to: URL(filePath: file))
    try processes.add(50, ["hydra-node", "--persistence-dir", "/var/lib/a"], in: nil)
    try processes.add(51, ["hydra-node", "--config", file], in: nil)
    try processes.add(52, ["hydra-node", "--persistence-dir", "c"], in: nil)
    try processes.add(53, ["hydra-node"], in: nil)
    #expect(processes.directories == ["/var/lib/a", "/var/lib/b"])
    // Of the others it is known that they run.
    #expect(processes.found.filter { $0.directory == nil }.map(\.pid) == [52, 53])
  }

  @Test(
    "looking again and again takes no more memory, though most processes show no arguments",
    .disabled(
      if: ProcessInfo.processInfo.environment["ASAN_OPTIONS"] != nil,
      "the address sanitizer keeps what is freed"))
  func memory() async {
    // In a process of its own, so that what other tests take meanwhile is not counted.
    await #expect(processExitsWith: .success) {
      let processes = try Processes()
      for pid in 100..<300 { try processes.add(pid, [], in: nil) }
      func bytes() throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        return try #require(Int(text.split(separator: " ")[1])) * 4096
      }
      for _ in 0..<10 { _ = processes.directories }
      let before = try bytes()
      for _ in 0..<40 { _ = processes.directories }
      let growth = try bytes() - before
      // 4 KiB a file would be 32 MB.
      #expect(growth < 4_000_000, "\(growth)")
    }
  }
}
