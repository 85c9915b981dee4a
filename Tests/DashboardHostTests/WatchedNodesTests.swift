import Dashboard
import EventPersistence
import EventPersistenceTesting
import Foundation
import HydraLog
import SecondaryStatus
import Setup
import Testing

@testable import DashboardHost

@Suite("the nodes of a dashboard")
struct WatchedNodesTests {
  private let state = TemporaryState()
  private let inbox = Inbox()

  /// The setup of a node whose log has `count` events.
  private func setup(_ name: String, count: Int = 30) throws -> Setup {
    let directory = "\(state.path)/\(name)"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let lines = SampleEvents.make(count).map { String(decoding: $0.json, as: UTF8.self) + "\n" }
    try lines.joined().write(toFile: "\(directory)/state", atomically: true, encoding: .utf8)
    var configuration = Configuration()
    configuration.persistenceDir = directory
    configuration.stateDir = "\(state.path)/hydra-sinks"
    return try Setup.make(
      Setup.Request(sinks: ["file://\(state.path)/archive-of-\(name)#archive"]), node: name,
      configuration, environment: [:], notes: ["a note of \(name)"])
  }

  /// The first row of `node` that `isMeant`.
  private func row(_ node: String, _ isMeant: (NodeRow) -> Bool) async -> NodeRow? {
    for await message in inbox.messages {
      if case .nodeSeen(let row) = message, row.name == node, isMeant(row) { return row }
    }
    return nil
  }

  @Test("a node whose look hangs delays neither the rows of another nor the end")
  func hanging() async throws {
    let source = HangingSource(SampleEvents.make(30))
    let (hanging, lively) = (try setup("hanging"), try setup("lively"))
    let nodes = WatchedNodes(
      here: [
        try WatchedNode(
          hanging, isSeveral: true, inbox: inbox, observer: try hanging.observer(source)),
        try WatchedNode(lively, isSeveral: true, inbox: inbox),
      ], isSeveral: true, interval: .milliseconds(100), inbox: inbox)
    await withDiscardingTaskGroup { group in
      group.addTask { await nodes.run(isDriving: false) }
      let seen = await row("lively") { $0.status != nil }
      #expect(seen?.status?.primary.lastEventId == 29)
      group.cancelAll()
    }
    await source.answer()
  }

  @Test("a look that comes back late is used")
  func late() async throws {
    let source = HangingSource(SampleEvents.make(30))
    let setup = try setup("hanging")
    let node = try WatchedNode(
      setup, isSeveral: true, inbox: inbox, observer: try setup.observer(source))
    let began = ContinuousClock.now
    await node.beginLook(at: began)
    await withDiscardingTaskGroup { group in
      group.addTask { await node.look(isEntered: false) }
      await node.tellIfOverdue(at: began + StatusLook.deadline)
      let overdue = await row("hanging") { _ in true }
      #expect(overdue?.status == nil)
      #expect(overdue?.trouble?.contains("its disk may hang") == true)
      await source.answer()
      let answered = await row("hanging") { $0.status != nil }
      #expect(answered?.status?.primary.lastEventId == 29)
      #expect(answered?.trouble == nil)
    }
  }

  @Test("each of several nodes sends its notes, and keeps what its drivers learn about its log")
  func severalKeep() async throws {
    let setups = [try setup("alice"), try setup("bob", count: 20)]
    let nodes = try WatchedNodes(
      NodeSet(members: setups.map { .here($0) }, isSeveral: true), interval: .milliseconds(20),
      inbox: inbox)
    var notes: [String: String] = [:]
    var delivered: Set<String> = []
    await withDiscardingTaskGroup { group in
      group.addTask { await nodes.run(isDriving: true) }
      nodes.start(.enterNode("alice"), in: &group)
      for await case .node(let name, let message) in inbox.messages {
        if case .configured(.note(let text)) = message { notes[name] = text }
        guard case .observed(let look) = message,
          look.secondaries.first?.report.lagEvents == 0
        else { continue }
        delivered.insert(name)
        nodes.start(.enterNode("bob"), in: &group)
        if delivered.count == 2 { break }
      }
      group.cancelAll()
    }
    await nodes.keepPrimaries()
    #expect(notes == ["alice": "a note of alice", "bob": "a note of bob"])
    for setup in setups {
      let record = try setup.state.readPrimary(PrimaryRecord.self)
      #expect(record?.files.isEmpty == false)
      #expect(record?.persistenceDir == setup.knownPersistenceDir.map { FilePaths.canonical($0) })
    }
  }

  @Test("the messages of a single node carry no name, and it is entered from the start")
  func single() async throws {
    let nodes = try WatchedNodes(
      NodeSet(members: [.here(try setup("alice"))], isSeveral: false),
      interval: .milliseconds(20), inbox: inbox)
    var notes: [String] = []
    var head: UInt64?
    await withDiscardingTaskGroup { group in
      group.addTask { await nodes.run(isDriving: false) }
      for await message in inbox.messages {
        if case .configured(.note(let text)) = message { notes.append(text) }
        guard case .observed(let look) = message else { continue }
        head = look.primary.survey.head?.eventId
        break
      }
      group.cancelAll()
    }
    #expect(notes == ["a note of alice"])
    #expect(head == 29)
  }
}

/// A log whose surveys hang until `answer`.
actor HangingSource: EventSource {
  private let log: MemorySource
  private var isAnswering = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(_ events: [StateEvent]) { log = MemorySource(events) }

  func answer() {
    isAnswering = true
    for continuation in waiting { continuation.resume() }
    waiting = []
  }

  func survey() async -> Survey {
    if !isAnswering { await withCheckedContinuation { waiting.append($0) } }
    return await log.survey()
  }

  func changeToken() async -> ChangeToken { await log.changeToken() }

  func status(of position: Position?) async throws(SourceError) -> PositionStatus {
    try await log.status(of: position)
  }

  func locate(_ start: Start) async throws(SourceError) -> Position? { try await log.locate(start) }

  func extent(
    from first: Position, through last: Position
  ) async throws(SourceError) -> Extent { try await log.extent(from: first, through: last) }

  nonisolated func reader(from start: Start) -> any EventReader { log.reader(from: start) }
}
