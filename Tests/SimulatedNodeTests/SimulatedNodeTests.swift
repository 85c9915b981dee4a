import EventPersistence
import Foundation
import SQLite
import Testing

@testable import SimulatedNode

@Suite("The simulated node")
struct SimulatedNodeTests {
  /// A folder for one test, removed after it.
  final class Folder {
    let path = NSTemporaryDirectory() + "simulated-\(UUID().uuidString)"
    deinit { try? FileManager.default.removeItem(atPath: path) }

    func text(_ name: String) throws -> String {
      try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8)
    }

    func lines(_ name: String) throws -> [String] {
      try text(name).split(separator: "\n").map(String.init)
    }

    func rows(_ name: String) throws -> [String] {
      try SQLiteDatabase("\(path)/\(name)").rows(
        "SELECT event_data FROM events ORDER BY event_id"
      ) { (row) throws(SQLiteFailure) in String(decoding: try row.bytes(0), as: UTF8.self) }
    }
  }

  struct Event: Decodable, Equatable {
    struct Change: Decodable, Equatable { var tag: String }
    var eventId: UInt64
    var stateChanged: Change
    var time: String?
  }

  func decoded(_ lines: [String]) throws -> [Event] {
    try lines.map { try JSONDecoder().decode(Event.self, from: Data($0.utf8)) }
  }

  /// The object with its keys in the order of their bytes. (Foundation sorts digits as numbers.)
  func canonical(_ value: Any) -> String {
    switch value {
    case let object as [String: Any]:
      let keys = object.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      return "{" + keys.map { "\"\($0)\":\(canonical(object[$0]!))" }.joined(separator: ",") + "}"
    case let array as [Any]: return "[" + array.map(canonical).joined(separator: ",") + "]"
    case let text as String: return "\"\(text)\""
    case is NSNull: return "null"
    default: return "\(value)"
    }
  }

  static let start = EventTime("2026-07-15T10:00:00Z")!

  @Test("the same seed writes the same bytes, in lines and in rows")
  func deterministic() async throws {
    let file = Folder()
    let again = Folder()
    let database = Folder()
    for (folder, format) in [
      (file, LogFormat.state), (again, .state), (database, .sqliteJSON),
    ] {
      let summary = try await SimulatedNode(
        .init(directory: folder.path, format: format, count: 3000, firstTime: Self.start)
      ).run()
      #expect(summary.events == 3000)
      #expect(summary.lastEventId == 2999)
    }
    let lines = try file.lines("state")
    #expect(try again.lines("state") == lines)
    #expect(try database.rows("hydra.db") == lines)
    #expect(try decoded(lines).map(\.eventId) == Array(0..<3000))
  }

  @Test("a continued run writes the same as an uninterrupted one")
  func continued() async throws {
    let whole = Folder()
    let parts = Folder()
    var options = SimulatedNode.Options(
      directory: whole.path, format: .untimed, count: 400, firstTime: Self.start)
    try await SimulatedNode(options).run()
    options.directory = parts.path
    options.count = 150
    try await SimulatedNode(options).run()
    options.count = 250
    options.firstTime = Self.start.advanced(bySeconds: 150.0 / 50)
    let second = try await SimulatedNode(options).run()
    #expect(second.firstEventId == 150)
    #expect(try parts.text("state") == whole.text("state"))
  }

  @Test("every object has its keys sorted, like the node's own")
  func sorted() async throws {
    let events = SimulatedEvents(seed: 7)
    var tags: Set<String> = []
    for id in 0..<UInt64(2048) {
      let event = events.event(id, at: Self.start)
      let object = try JSONSerialization.jsonObject(with: Data(event.json))
      let isCanonical = canonical(object) == String(decoding: event.json, as: UTF8.self)
      #expect(isCanonical, "event \(id), \(event.tag ?? "")")
      tags.insert(try #require(event.tag))
    }
    #expect(
      tags.isSuperset(of: [
        "HeadOpened", "DepositRecorded", "CommitFinalized", "DecommitFinalized", "HeadClosed",
        "HeadFannedOut", "SnapshotConfirmed", "TransactionAppliedToLocalUTxO", "TxInvalid",
      ]))
  }

  @Test("a received transaction is applied, requested and confirmed unchanged")
  func story() throws {
    let events = SimulatedEvents()
    let round = (16..<32).map {
      String(decoding: events.event($0, at: Self.start).json, as: UTF8.self)
    }
    let received = round.filter { $0.contains("\"TransactionReceived\"") }
    #expect(received.count >= 2)
    for line in received {
      let start = try #require(line.range(of: "\"tx\":"))
      let transaction = line[start.upperBound...].prefix { $0 != "}" }
      let others = round.filter { $0.contains(transaction) }
      #expect(others.count == 4)
    }
  }

  @Test(
    "the mean size of an event is about the requested one", arguments: [700, 1000, 4000, 20_000])
  func size(payloadBytes: Int) {
    let events = SimulatedEvents(payloadBytes: payloadBytes)
    let bytes = (0..<UInt64(2048)).reduce(0) { $0 + events.event($1, at: Self.start).json.count }
    let mean = Double(bytes) / 2048
    #expect(abs(mean - Double(payloadBytes)) < Double(payloadBytes) / 4, "\(mean)")
  }

  @Test("a state file that holds more than N rotates, and begins with a Checkpoint of the same id")
  func rotatesFile() async throws {
    let folder = Folder()
    let summary = try await SimulatedNode(
      .init(directory: folder.path, format: .state, count: 35, rotateAfter: 10)
    ).run()
    // Eleven events, then a Checkpoint and ten more each time.
    #expect(summary.rotations == 3)
    let archives = try decoded(
      folder.lines("state-10") + folder.lines("state-20") + folder.lines("state-30"))
    #expect(archives.map(\.eventId) == Array(0...10) + Array(10...20) + Array(20...30))
    let current = try decoded(folder.lines("state"))
    #expect(current.map(\.eventId) == Array(30...34))
    #expect(current.first?.stateChanged.tag == "Checkpoint")
  }

  @Test("a database that holds more than N is vacuumed into an archive, then begins again")
  func rotatesDatabase() async throws {
    let folder = Folder()
    var options = SimulatedNode.Options(
      directory: folder.path, format: .sqliteJSON, count: 25, rotateAfter: 10)
    options.batchEvents = 4
    let summary = try await SimulatedNode(options).run()
    #expect(summary.rotations == 2)
    let first = try decoded(folder.rows("old-state/hydra-11.db"))
    let second = try decoded(folder.rows("old-state/hydra-23.db"))
    let current = try decoded(folder.rows("hydra.db"))
    #expect(first.map(\.eventId) == Array(0...11))
    #expect(second.map(\.eventId) == Array(11...23))
    #expect(current.map(\.eventId) == [23, 24])
    #expect(current.map(\.stateChanged.tag).first == "Checkpoint")
  }

  @Test("a log that no simulated node wrote is not touched")
  func refuses() async throws {
    let folder = Folder()
    try FileManager.default.createDirectory(
      atPath: folder.path, withIntermediateDirectories: true)
    try Data("{}\n".utf8).write(to: URL(fileURLWithPath: "\(folder.path)/state"))
    await #expect(throws: SimulationError.self) {
      try await SimulatedNode(.init(directory: folder.path, count: 1)).run()
    }
    #expect(try folder.text("state") == "{}\n")
  }

  @Test("bare lines have neither id nor time, and their count continues")
  func bare() async throws {
    let folder = Folder()
    var options = SimulatedNode.Options(directory: folder.path, format: .bare, count: 5)
    try await SimulatedNode(options).run()
    options.count = 3
    let summary = try await SimulatedNode(options).run()
    #expect(summary.lastEventId == 7)
    let lines = try folder.lines("state")
    #expect(lines.count == 8)
    #expect(lines[0] == "{\"tag\":\"NetworkConnected\"}")
  }
}

@Suite("The pace of a simulated node")
struct PaceTests {
  @Test("the rate holds over the whole run, whatever the delay of one wake-up")
  func rate() {
    var pace = Pace(perSecond: 10)
    #expect(pace.due(after: .zero) == 1)
    pace.wrote(1)
    #expect(pace.due(after: .milliseconds(99)) == 0)
    #expect(pace.wait(after: .milliseconds(60)) == .milliseconds(40))
    #expect(pace.due(after: .seconds(1)) == 10)
    pace.wrote(10)
    #expect(pace.due(after: .seconds(1)) == 0)
  }

  @Test("the events to catch up on at once are bounded")
  func bound() {
    #expect(Pace(perSecond: 1000).due(after: .seconds(3600)) == Pace.batchMax)
  }
}
