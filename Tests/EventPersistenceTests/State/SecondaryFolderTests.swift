import EventPersistenceTesting
import Foundation
import SecondaryStatus
import Testing

@testable import EventPersistence

@Suite struct SecondaryFolderTests {
  let state = TemporaryState()
  let position = Position(
    eventId: 7, tag: "TickObserved", time: EventTime("2026-07-15T10:00:00.123456789012Z"))

  @Test("a missing file reads as nil, and reading creates nothing")
  func absent() throws {
    #expect(try state.folder.readCheckpoint() == nil)
    #expect(try state.folder.readBinding() == nil)
    #expect(try state.folder.readDriver() == nil)
    #expect(try state.folder.readReplay() == nil)
    #expect(try state.folder.readCancel() == nil)
    #expect(try state.folder.readPause() == nil)
    #expect(try !state.folder.takeRetry())
    #expect(try state.folder.readReplays(last: 5).isEmpty)
    #expect(try state.folder.readJournal(last: 5).isEmpty)
    #expect(try state.folder.history.read(0...100).isEmpty)
    #expect(try !state.folder.isLocked())
    #expect(!FileManager.default.fileExists(atPath: state.path))
  }

  @Test("a checkpoint survives being written and read, with all twelve digits of its time")
  func checkpoint() throws {
    let checkpoint = Checkpoint(position: position, at: .now, highest: 9)
    try state.folder.write(checkpoint)
    #expect(try state.folder.readCheckpoint() == checkpoint)
    #expect(try state.names() == ["checkpoint.json", "lock"], "no temporary file is left")
    #expect(try state.text(of: "checkpoint.json").contains("2026-07-15T10:00:00.123456789012Z"))
  }

  @Test("a foreign checkpoint needs an eventId and nothing else")
  func foreign() throws {
    try state.plant(#"{"eventId":12,"by":"somebody"}"#, in: "checkpoint.json")
    #expect(try state.folder.readCheckpoint()?.position == Position(eventId: 12))
    try state.plant(#"{"eventId":null}"#, in: "checkpoint.json")
    let checkpoint = try #require(try state.folder.readCheckpoint())
    #expect(checkpoint.position == nil)
  }

  @Test(
    "an invalid checkpoint is an error that names it, and is never overwritten",
    arguments: [
      "", "\0\0\0\0", "{", "null", "[]", "12", "{}", #"{"eventId":"12"}"#, #"{"eventId":-1}"#,
      #"{"eventId":1.5}"#, #"{"eventId":99999999999999999999}"#, #"{"eventId":1,"time":"noon"}"#,
      "\u{FF}\u{FE} nonsense",
    ])
  func nonsense(text: String) throws {
    try state.plant(text, in: "checkpoint.json")
    let read = #expect(throws: StateError.self) { try state.folder.readCheckpoint() }
    #expect(read?.kind == .nonsense)
    #expect(read?.message.contains(state.folder.checkpointPath) == true)
    let written = #expect(throws: StateError.self) {
      try state.folder.write(Checkpoint(position: position, at: .now, highest: 7))
    }
    #expect(written?.kind == .nonsense)
    #expect(try state.text(of: "checkpoint.json") == text)
  }

  @Test(
    "a folder, a FIFO or too large a file as a checkpoint is invalid, and reading does not block")
  func notAFile() throws {
    try state.plant("", in: "other")
    let path = state.folder.checkpointPath
    mkdir(path, 0o700)
    #expect(throws: StateError.self) { try state.folder.readCheckpoint() }
    rmdir(path)
    mkfifo(path, 0o600)
    #expect(throws: StateError.self) { try state.folder.readCheckpoint() }
    unlink(path)
    try state.plant("", in: "checkpoint.json")
    truncate(path, 17 << 20)
    #expect(throws: StateError.self) { try state.folder.readCheckpoint() }
  }

  @Test("folders are 0700 and files 0600, whatever the creation mask")
  func modes() throws {
    try state.folder.write(Checkpoint(position: position, at: nil, highest: nil))
    try state.folder.note(JournalEntry(.error, "x", at: .now))
    #expect(try state.mode(of: state.folder.path) == 0o700)
    for name in ["checkpoint.json", "journal.jsonl"] {
      #expect(try state.mode(of: state.folder.path + "/" + name) == 0o600)
    }
  }

  @Test("with a state group, folders are 2770 and files 0660 of that group")
  func groupModes() throws {
    let group = try #require(getgrgid(getegid()).map { String(cString: $0.pointee.gr_name) })
    let state = TemporaryState(group: group)
    try state.directory.prepare()
    _ = try #require(try state.folder.lock())
    try state.folder.requestRetry(by: "bob@host")
    #expect(try state.mode(of: state.directory.path) == 0o2770)
    #expect(try state.mode(of: state.folder.path) == 0o2770)
    for name in ["lock", "retry"] {
      #expect(try state.mode(of: state.folder.path + "/" + name) == 0o660)
    }
  }

  @Test("a missing state group is an error of the configuration")
  func noGroup() throws {
    let state = TemporaryState(group: "no-such-group-here")
    let error = #expect(throws: StateError.self) { try state.directory.prepare() }
    #expect(error?.exitCode == 78)
  }

  @Test("root creates files as the owner of the folder", .enabled(if: geteuid() == 0))
  func ownership() throws {
    try state.plant("", in: "other")
    chown(state.folder.path, 12345, 23456)
    try state.folder.write(Checkpoint(position: position, at: nil, highest: nil))
    _ = try state.folder.lock()
    for name in ["checkpoint.json", "lock"] {
      var status = stat()
      #expect(stat(state.folder.path + "/" + name, &status) == 0)
      #expect(status.st_uid == 12345)
      #expect(status.st_gid == 23456)
    }
  }

  @Test("a heartbeat that a power cut left empty reads as nil; other invalid content is an error")
  func heartbeat() throws {
    try state.plant("\0\0\0", in: "driver.json")
    #expect(try state.folder.readDriver() == nil)
    var report = DriverReport(pid: 1, host: "h", startedAt: .now)
    report.ratePerSecond = .infinity
    try state.folder.writeDriver(report)
    #expect(try state.folder.readDriver()?.ratePerSecond == nil)
    try state.plant("{]", in: "driver.json")
    #expect(throws: StateError.self) { try state.folder.writeDriver(report) }
  }

  @Test("of two replays the second is refused for the moment, and the first stays")
  func oneReplay() throws {
    func replay(_ id: String) -> ReplayRecord {
      ReplayRecord(
        id: id, kind: .redrive, from: nil, through: nil, requestedBy: "a@b", reason: nil, at: .now,
        maxRate: nil, previousCheckpoint: nil)
    }
    try state.folder.createReplay(replay("one"))
    let error = #expect(throws: StateError.self) { try state.folder.createReplay(replay("two")) }
    #expect(error?.exitCode == 75)
    #expect(error?.message.contains("one") == true)
    #expect(try state.folder.readReplay()?.id == "one")
    try state.folder.removeReplay()
    try state.folder.createReplay(replay("two"))
    #expect(try state.names() == ["replay.json"])
  }

  @Test("a cancel order has the replay, whether to stay, and the user; an id alone is enough")
  func cancel() throws {
    try state.folder.writeCancel(id: "r1", stay: true, by: "alice@host")
    #expect(
      try state.folder.readCancel() == CancelOrder(id: "r1", stay: true, by: "alice@host"))
    try state.plant("r2", in: "cancel")
    let order = try #require(try state.folder.readCancel())
    #expect(order.id == "r2" && !order.stay)
    #expect(order.by?.hasSuffix("@" + Requester.host) == true)
    try state.folder.removeCancel()
    #expect(try state.folder.readCancel() == nil)
  }

  @Test("a retry is taken once")
  func retry() throws {
    try state.folder.requestRetry(by: "alice@host")
    #expect(try state.folder.takeRetry())
    #expect(try !state.folder.takeRetry())
  }
}
