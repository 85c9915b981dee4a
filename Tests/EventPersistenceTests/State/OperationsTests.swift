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

  @Test("a pause lasts until it is ended, and both are journaled")
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

  @Test("a second pause keeps what it does not give anew")
  func pauseAgain() throws {
    let until = at.advanced(bySeconds: 7200)
    let later = at.advanced(bySeconds: 60)
    try state.directory.pause("cold", by: "alice@h", reason: "upgrade", until: until, at: at)
    for _ in 0..<2 {
      let answer = try state.directory.pause(
        "cold", by: "bob@h", reason: nil, until: nil, at: later)
      #expect(answer.before == answer.now)
    }
    let first = PauseOrder(by: "alice@h", at: at, reason: "upgrade", until: until)
    #expect(try state.folder.readPause() == first)
    let changed = try state.directory.pause(
      "cold", by: "bob@h", reason: nil, until: until.advanced(bySeconds: 1), at: later)
    #expect(changed.before == first)
    #expect(
      try state.folder.readPause()
        == PauseOrder(
          by: "alice@h", at: at, reason: "upgrade", until: until.advanced(bySeconds: 1)))
    #expect(
      try happened() == [
        "paused by alice@h, reminder at 2026-07-15T12:00:00Z: upgrade",
        "pause changed by bob@h, reminder at 2026-07-15T12:00:01Z",
      ])
  }

  @Test("a pause.json that is not valid is not removed by a resume")
  func garbledPause() throws {
    try state.directory.pause("cold", by: "alice@h", reason: nil, until: nil, at: at)
    let path = state.folder.file("pause.json")
    try Data("upgrade until noon".utf8).write(to: URL(filePath: path))
    let orders: [() throws -> Void] = [
      { try state.directory.resume("cold", by: "bob@h", at: at) },
      { try state.directory.pause("cold", by: "bob@h", reason: "x", until: nil, at: at) },
      { try state.directory.retry("cold", by: "bob@h", at: at) },
    ]
    for order in orders {
      let error = #expect(throws: StateError.self) { try order() }
      #expect(error?.message.contains("\"upgrade until noon\"") == true, "\(error as Any)")
      #expect(error?.message.contains("move it aside") == true)
    }
    #expect(try Data(contentsOf: URL(filePath: path)) == Data("upgrade until noon".utf8))
    #expect(try happened() == ["paused by alice@h"])
  }

  @Test("a retry of a paused secondary is refused with what to do")
  func retryPaused() throws {
    let lock = try #require(try state.folder.lock())
    defer { lock.release() }
    try state.directory.pause("cold", by: "alice@h", reason: "upgrade", until: nil, at: at)
    let error = #expect(throws: StateError.self) {
      try state.directory.retry("cold", by: "bob@h", at: at)
    }
    #expect(error?.exitCode == 75)
    #expect(error?.message.contains("paused since 2026-07-15T10:00:00Z, by alice@h") == true)
    #expect(error?.message.contains("hydra-sinks resume cold") == true)
    #expect(try !state.folder.takeRetry())
  }

  enum Order: CaseIterable { case pause, pauseAgain, resume, retry, adopt, forget }

  /// What the folder's files say, the journal left out.
  private func content() throws -> [String: Data] {
    let names = try FileManager.default.subpathsOfDirectory(atPath: state.path)
    return names.filter { !$0.hasSuffix("journal.jsonl") }.reduce(into: [:]) { files, name in
      files[name] = FileManager.default.contents(atPath: state.path + "/" + name) ?? Data()
    }
  }

  private func give(_ order: Order) throws {
    let directory = state.directory
    switch order {
    case .pause, .pauseAgain:
      try directory.pause("cold", by: "bob@h", reason: "why", until: nil, at: at)
    case .resume: try directory.resume("cold", by: "bob@h", at: at)
    case .retry: try directory.retry("cold", by: "bob@h", at: at)
    case .adopt: try adopt("/new")
    case .forget: try directory.forget("cold", by: "bob@h", at: at)
    }
  }

  private func prepare(_ order: Order) throws -> FolderLock? {
    try state.folder.writeBinding(
      Binding(
        kind: "file", target: "/old", persistenceDir: "/hydra", first: nil, createdAt: at))
    if order == .resume || order == .pauseAgain {
      try state.directory.pause("cold", by: "alice@h", reason: nil, until: nil, at: at)
    } else {
      try state.folder.note(JournalEntry(.order, "before", at: at))
    }
    let lock = try state.folder.lock()
    if order == .retry { return lock }
    lock?.release()
    return nil
  }

  @Test("an order whose entry cannot be journaled is not given", arguments: Order.allCases)
  func unwritableJournal(order: Order) throws {
    let lock = try prepare(order)
    defer { lock?.release() }
    let before = try content()
    let path = state.folder.file("journal.jsonl")
    let aside = state.path + "/aside"
    // Neither root nor another user can write through a link.
    #expect(rename(path, aside) == 0)
    #expect(symlink(aside, path) == 0)
    let error = #expect(throws: StateError.self) { try give(order) }
    #expect(error?.kind == .notWritable && error?.message.contains(path) == true)
    var after = try content()
    after["aside"] = nil
    #expect(after == before)
    #expect(unlink(path) == 0)
    #expect(rename(aside, path) == 0)
    try give(order)
    #expect(try content() != before)
  }

  @Test(
    "an order that cannot be written leaves no entry in the journal",
    arguments: [Order.pause, .pauseAgain, .retry, .adopt])
  func unwritableOrder(order: Order) throws {
    let lock = try prepare(order)
    defer { lock?.release() }
    let before = try happened()
    let name = ["pause.json", "pause.json", "retry", "secondary.json"][
      [.pause: 0, .pauseAgain: 1, .retry: 2, .adopt: 3][order]!]
    let path = state.folder.file(name)
    unlink(path)
    // A folder cannot be replaced by a file.
    #expect(mkdir(path, 0o700) == 0)
    #expect(throws: StateError.self) { try give(order) }
    #expect(try happened() == before)
  }

  @Test("after an adoption, the earlier sink's errors are no longer reported")
  func adoptClearsErrors() throws {
    try state.folder.writeBinding(
      Binding(
        kind: "file", target: "/old", persistenceDir: "/hydra", first: nil, createdAt: at))
    var report = DriverReport(pid: 7, host: "h", startedAt: at)
    report.stopped = true
    report.endedAt = at
    report.lastError = "/old cannot be created"
    report.errorSince = at
    report.errorCount = 3
    report.peakPerSecond = 40
    try state.folder.writeDriver(report)
    try adopt("/new")
    let cleared = try #require(try state.folder.readDriver())
    #expect(!cleared.stopped && cleared.lastError == nil && cleared.errorSince == nil)
    #expect(cleared.errorCount == 0 && cleared.endedAt == at && cleared.peakPerSecond == 40)
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
    // As long as nothing was stored, nothing of the old target counts for the new one.
    try check("/new")
    try state.folder.write(Checkpoint(position: nil, at: at, highest: nil))
    try check("/new")
    try state.folder.write(Checkpoint(position: Position(eventId: 5), at: at, highest: 5))
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
