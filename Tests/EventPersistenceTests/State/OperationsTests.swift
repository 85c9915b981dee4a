import EventPersistenceTesting
import Foundation
import Testing

@testable import EventPersistence

@Suite struct OperationsTests {
  let state = TemporaryState()
  let at = time("2026-07-15T10:00:00Z")

  @discardableResult
  func adopt(_ target: String) throws -> Binding? {
    try state.directory.adopt(
      "cold", kind: .file, target: target, persistenceDir: "/hydra", by: "alice@h", at: at)
  }

  func check(_ target: String) throws {
    try state.folder.checkBinding(kind: "file", target: target, persistenceDir: "/hydra")
  }

  func happened() throws -> [String] { try state.folder.readJournal(last: 9).map(\.text) }

  @Test("a pause lasts until it is ended, and both are journalled")
  func pause() throws {
    let until = at.advanced(bySeconds: 7200)
    try state.directory.pause("cold", by: "alice@h", reason: "upgrade", until: until, at: at)
    let pause = try #require(try state.folder.readPause())
    #expect(pause == PauseOrder(by: "alice@h", at: at, reason: "upgrade", until: until))
    #expect(try state.directory.resume("cold", by: "bob@h", at: at))
    #expect(try !state.directory.resume("cold", by: "bob@h", at: at))
    #expect(try state.folder.readPause() == nil)
    #expect(
      try happened() == [
        "paused by alice@h, reminder at 2026-07-15T12:00:00Z: upgrade", "resumed by bob@h",
      ])
  }

  @Test("a retry needs a running driver")
  func retry() throws {
    let error = #expect(throws: StateError.self) {
      try state.directory.retry("cold", by: "alice@h", at: at)
    }
    #expect(error?.exitCode == 75)
    let lock = try #require(try state.folder.lock())
    try state.directory.retry("cold", by: "alice@h", at: at)
    #expect(try state.folder.takeRetry())
    lock.release()
  }

  @Test("a folder of another target is refused with both named, until it is adopted")
  func adopt() throws {
    try check("/new")
    try state.folder.writeBinding(
      Binding(
        kind: "file", target: "/old", persistenceDir: "/hydra", first: Position(eventId: 3),
        createdAt: at))
    let error = #expect(throws: StateError.self) { try check("/new") }
    #expect(error?.exitCode == 78)
    #expect(error?.message.contains("/old") == true && error?.message.contains("/new") == true)
    let lock = try #require(try state.folder.lock())
    #expect(throws: StateError.self) {
      try adopt("/new")
    }
    lock.release()
    try adopt("/new")
    try check("/new")
    #expect(try state.folder.readBinding()?.first == Position(eventId: 3))
    #expect(try happened().last?.contains("alice@h") == true)
  }

  @Test(
    "forgetting plans first, and renames without deleting; a second one gets a name of its own")
  func forget() throws {
    for _ in 0..<2 {
      try state.folder.write(
        Checkpoint(position: Position(eventId: 5), at: at, highest: 5))
      let plan = try state.directory.planForget("cold", at: at)
      #expect(plan.checkpoint?.eventId == 5)
      #expect(state.folder.exists)
      #expect(try state.directory.forget("cold", by: "alice@h", at: at) == plan)
      #expect(!state.folder.exists)
      let aside = StateDirectory(path: state.directory.path)
        .folder(String(plan.setAsideAs.dropFirst(state.directory.path.count + 1)))
      #expect(try aside.readCheckpoint()?.eventId == 5)
      #expect(try state.directory.folderNames().isEmpty)
    }
  }

  @Test("a secondary that is driven or replayed is not forgotten, and an unknown name is an error")
  func forgetRefused() throws {
    let lock = try #require(try state.folder.lock())
    #expect(try state.directory.planForget("cold").refused != nil)
    #expect(
      #expect(throws: StateError.self) { try state.directory.forget("cold", by: "a@h") }?.exitCode
        == 75)
    lock.release()
    try state.folder.createReplay(
      ReplayRecord(
        id: "r", kind: .redrive, from: nil, through: nil, requestedBy: "a@b", reason: nil, at: at,
        maxRate: nil, previousCheckpoint: nil))
    #expect(try state.directory.planForget("cold").refused != nil)
    #expect(
      #expect(throws: StateError.self) { try state.directory.planForget("warm") }?.exitCode == 64)
  }

  @Test("the requester is the user on this machine, and under sudo the user who ran it")
  func requester() {
    #expect(Requester.current(environment: ["SUDO_USER": "alice"]) == "alice@\(Requester.host)")
    #expect(Requester.current(environment: [:]).hasSuffix("@\(Requester.host)"))
  }
}
