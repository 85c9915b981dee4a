import EventPersistenceTesting
import Foundation
import Testing

@testable import EventPersistence

@Suite(
  "sharing the state with a group",
  .enabled(if: geteuid() == 0 && getgrnam("www-data") != nil, "Needs root: skipped."))
struct SharingTests {
  @Test("a group that is configured later gets what was made before", arguments: [nil, "n1"])
  func later(node: String?) throws {
    let state = TemporaryState()
    let path = state.directory.path + (node.map { "/\($0)" } ?? "")
    let alone = StateDirectory(path: path, node: node)
    let lock = try alone.folder("cold").lock()
    lock?.release()
    try alone.folder("cold").prepare()
    try alone.folder("cold").note(JournalEntry(.driver, "a driver", at: .now))
    try alone.folder("cold").writePause(
      PauseOrder(by: "a@h", at: .now, reason: nil, until: nil))
    try alone.writePrimary(["a": "record"])

    let shared = StateDirectory(path: path, group: "www-data", node: node)
    func closed() throws -> [String] {
      try shared.closedToGroup().filter { $0.hasPrefix(state.directory.path) }
    }
    let before = try closed()
    for name in ["primary.json", "cold", "cold/lock", "cold/journal.jsonl", "cold/pause.json"] {
      #expect(before.contains("\(path)/\(name)"), "\(before)")
    }
    #expect(before.contains(state.directory.path) && before.contains(path))
    try shared.folder("cold").prepare()
    #expect(try closed() == [])
    #expect(try state.mode(of: "\(path)/cold/pause.json") == 0o660)
    #expect(try state.mode(of: path) & 0o777 == 0o770)
  }
}
