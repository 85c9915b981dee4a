import EventPersistence
import EventPersistenceTesting
import Foundation
import Logging
import NATSServer
import Setup
import Testing
import Wording

@Suite(
  "Taking over a stream",
  .enabled(if: NATSServer.isInstalled, "nats-server is not installed: Tests/run does that"))
struct TakeOverTests {
  private let folder = NSTemporaryDirectory() + "take-over-\(UUID().uuidString)"
  private let events = SampleEvents.make(50)
  private let server: NATSServer

  init() throws {
    server = try NATSServer()
    try FileManager.default.createDirectory(
      atPath: folder + "/log", withIntermediateDirectories: true)
    try write(40)
  }

  /// The node's log has the first `count` events.
  private func write(_ count: Int) throws {
    let lines: [UInt8] = events[..<count].flatMap { $0.json + [0x0A] }
    try Data(lines).write(to: URL(fileURLWithPath: folder + "/log/state"))
  }

  /// The same node and stream, with a state directory of that name.
  private func setup(_ state: String) throws -> Setup {
    let file = "\(folder)/\(state).yaml"
    let text = """
      persistence-dir: \(folder)/log
      state-dir: \(folder)/\(state)
      secondaries:
        - { name: bus, kind: jetstream, servers: ["\(server.url)"], stream: S, node: alice, create: true }
      """
    try Data(text.utf8).write(to: URL(fileURLWithPath: file))
    return try Setup.make(request: Setup.Request(config: file, sinks: []), environment: [:])
  }

  private func drive(_ setup: Setup) async throws -> DriveEnd? {
    let driver = Driver(
      setup: setup, secondaries: setup.configuration.secondaries,
      log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    return try await driver.drive()["bus"]
  }

  @Test("it is refused until the stream has been silent for ten minutes; then its driver goes on")
  func silence() async throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let (old, new) = (try setup("old"), try setup("new"))
    #expect(try await drive(old) == .reachedHead)
    let takeOver = try TakeOver(new, name: "bus")
    let writtenAt = try #require(try await takeOver.plan().writtenAt)

    let early = try await takeOver.plan(at: writtenAt.advanced(bySeconds: 599))
    #expect(early.refused?.contains("it stored something 9 m 59 s ago") == true, "\(early)")
    await #expect(throws: Refusal.self) { try await takeOver.execute(early) }
    #expect(try new.state.folder("bus").readBinding() == nil)

    let plan = try await takeOver.plan(at: writtenAt.advanced(bySeconds: 601))
    #expect(plan.refused == nil && plan.last == events[39].position, "\(plan)")
    try await takeOver.execute(plan)
    #expect(
      try new.state.folder("bus").readJournal(last: 10).contains {
        $0.text.contains("was taken over by")
      })

    try write(50)
    #expect(try await drive(new) == .reachedHead)
    #expect(try new.state.folder("bus").readCheckpoint()?.position == events[49].position)
    // The other one, if it comes back, finds what is stored, and stores nothing twice.
    #expect(try await drive(old) == .reachedHead)
    let now = try await takeOver.plan(at: EventTime.now.advanced(bySeconds: 1000))
    #expect(now.last == events[49].position)
  }
}
