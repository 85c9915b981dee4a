import EventPersistenceTesting
import Foundation
import SystemPackage
import Testing

@testable import EventPersistence

@Suite struct StateDirectoryTests {
  let state = TemporaryState()

  @Test(
    "the state is the configuration's, else systemd's, else the system's, else the user's")
  func resolution() {
    let environment = [
      "STATE_DIRECTORY": "/run/a:/run/b", "XDG_STATE_HOME": "/xdg", "HOME": "/home/bob",
    ]
    func resolve(_ configured: String?, without names: [String], varLib: Bool) -> String {
      StateDirectory.resolve(
        configured: configured, environment: environment.filter { !names.contains($0.key) },
        isFolder: { $0 == "/var/lib/hydra-sinks" && varLib })
    }
    #expect(resolve("/conf", without: [], varLib: true) == "/conf")
    #expect(resolve(nil, without: [], varLib: true) == "/run/a")
    #expect(resolve(nil, without: ["STATE_DIRECTORY"], varLib: true) == "/var/lib/hydra-sinks")
    #expect(resolve(nil, without: ["STATE_DIRECTORY"], varLib: false) == "/xdg/hydra-sinks")
    #expect(
      resolve(nil, without: ["STATE_DIRECTORY", "XDG_STATE_HOME"], varLib: false)
        == "/home/bob/.local/state/hydra-sinks")
  }

  @Test("each log has a directory of its own, unless one is bound where it always was")
  func perLog() throws {
    let root = state.directory.path
    func directory(_ log: String, isOwn: Bool = false) -> String {
      StateDirectory.directory(of: log, in: root, isOwn: isOwn)
    }
    func bind(_ name: String, in path: String, to log: String) throws {
      try StateDirectory(path: path).folder(name).writeBinding(
        Binding(kind: "file", target: "/a", persistenceDir: log, first: nil, createdAt: .now))
    }
    let (one, other) = (directory("/srv/Hydra 1"), directory("/var/lib/Hydra 1"))
    #expect(one != other && one.hasPrefix(root + "/hydra-1-"))
    #expect(StateDirectory.isName(String(one.dropFirst(root.count + 1))))
    #expect(directory("/srv/../srv/Hydra 1/") == one)
    // A configuration's log is alone in it, unless the log was driven without one before.
    #expect(directory("/srv/Hydra 1", isOwn: true) == root)
    try bind("archive", in: one, to: "/srv/Hydra 1")
    #expect(directory("/srv/Hydra 1", isOwn: true) == one)
    try bind("archive", in: root, to: "/var/lib/Hydra 1")
    #expect(directory("/var/lib/Hydra 1") == root)
    #expect(directory("/srv/Hydra 1") == one)
  }

  @Test("a state inside the persistence directory is refused, even through links and dots")
  func inside() throws {
    let log = state.path + "/log"
    try FileManager.default.createDirectory(atPath: log, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: state.path + "/link", withDestinationPath: log)
    for inner in [
      "/log", "/log/state/deep", "/link/state", "/link", "/log/../link/./x", "/no/../log/x",
    ] {
      let error = #expect(throws: StateError.self, "\(inner)") {
        try StateDirectory(path: state.path + inner).check(outside: log)
      }
      #expect(error?.exitCode == 78)
    }
    for outer in ["", "/logs", "/log-state", "/link/../log-state"] {
      try StateDirectory(path: state.path + outer).check(outside: log)
    }
  }

  @Test("folders of secondaries are found, also below nodes; set-aside and foreign ones are not")
  func names() throws {
    for name in ["cold", "n1/warm", "n1/hot"] {
      try state.directory.folder(name).write(Checkpoint(position: nil, at: nil, highest: nil))
    }
    try FileManager.default.createDirectory(
      atPath: state.directory.path + "/empty", withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      atPath: state.directory.path + "/cold",
      toPath: state.directory.path + "/cold.forgotten-20260715T100000Z")
    #expect(try state.directory.folderNames() == ["cold", "n1/hot", "n1/warm"])
  }

  @Test("no directory yet means no secondaries; one that is a file is an error")
  func none() throws {
    #expect(try state.directory.folderNames() == [])
    #expect(throws: StateError.self) {
      try StateDirectory(path: "/dev/null").folderNames()
    }
    #expect(throws: StateError.self) { try StateDirectory(path: "/dev/null/x").prepare() }
    // A file system that allows no folder, and reports the parents as missing.
    #expect(throws: StateError.self) { try StateDirectory(path: "/proc/x/y").prepare() }
  }

  @Test("the next driver removes temporary files that crashes left, but not fresh ones")
  func leftovers() throws {
    try state.plant("old", in: ".checkpoint.json.tmp-old")
    try state.plant("new", in: ".checkpoint.json.tmp-new")
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSinceNow: -7200)],
      ofItemAtPath: state.folder.path + "/.checkpoint.json.tmp-old")
    try state.folder.prepare()
    #expect(try state.names() == [".checkpoint.json.tmp-new"])
  }

  @Test("the error about a closed state names its owner, and no group of the system to join")
  func closed() {
    let error = StateError.reading("/etc/shadow", .permissionDenied)
    #expect(error.kind == .unreadable)
    #expect(error.message.contains("root:"))
    #expect(error.message.contains("state-group") && !error.message.contains("usermod"))
  }
}
