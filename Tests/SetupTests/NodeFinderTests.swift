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
    func add(_ pid: Int, _ arguments: [String], in folder: String?) throws {
      try FileManager.default.createDirectory(
        atPath: "\(path)/\(pid)", withIntermediateDirectories: true)
      let text = arguments.map { "\($0)\0" }.joined()
      try Data(text.utf8).write(to: URL(filePath: "\(path)/\(pid)/cmdline"))
      guard let folder else { return }
      try FileManager.default.createSymbolicLink(
        atPath: "\(path)/\(pid)/cwd", withDestinationPath: folder)
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

  @Test("by their YAML file, else by their working directory")
  func files() throws {
    let processes = try Processes()
    try Data("persistence-dir: state-of-alice\n".utf8)
      .write(to: URL(filePath: "\(processes.path)/node.yaml"))
    try processes.add(40, ["hydra-node", "--config", "node.yaml"], in: processes.path)
    try processes.add(41, ["hydra-node", "--config", "not-there.yaml"], in: "/srv/bob")
    #expect(processes.directories == ["\(processes.path)/state-of-alice", "/srv/bob"])
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

  @Test("looking again and again takes no more memory, though most processes show no arguments")
  func memory() throws {
    let processes = try Processes()
    for pid in 100..<300 { try processes.add(pid, [], in: nil) }
    func bytes() throws -> Int {
      let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
      return try #require(Int(text.split(separator: " ")[1])) * 4096
    }
    for _ in 0..<10 { _ = processes.directories }
    let before = try bytes()
    for _ in 0..<200 { _ = processes.directories }
    // 4 KiB a file would be 160 MB; other tests run meanwhile.
    #expect(try bytes() - before < 60_000_000)
  }
}
