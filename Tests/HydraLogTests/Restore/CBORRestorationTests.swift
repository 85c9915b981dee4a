import EventArchive
import EventPersistence
import EventPersistenceTesting
import Foundation
import SQLite
import SimulatedNode
import Testing

@testable import HydraLog

@Suite("Restoring a log in CBOR")
struct CBORRestorationTests {
  /// A node's directory and, beside it, the restored one.
  private final class Folders: Sendable {
    let path: String
    var node: String { "\(path)/node" }
    var target: String { "\(path)/restored" }

    init() throws {
      path = NSTemporaryDirectory() + "restored-\(UUID().uuidString)"
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func simulate(
      _ count: Int, _ format: LogFormat, rotateAfter: Int? = nil, upgradeAt: Int? = nil
    ) async throws {
      var options = SimulatedNode.Options(
        directory: node, format: format, count: count, rotateAfter: rotateAfter,
        firstTime: EventTime("2026-07-15T10:00:00.123456Z"))
      options.upgradeAt = upgradeAt
      options.batchEvents = 50
      try await SimulatedNode(options).run()
    }

    var events: [StateEvent] {
      get async throws {
        try await PersistenceDirectory(path: node).reader(from: .first).all()
      }
    }

    /// Of each database its version, its journal mode, its schema and its rows.
    func databases(_ directory: String) throws -> [String: [String]] {
      let names = try FileManager.default.subpathsOfDirectory(atPath: directory)
        .filter { $0.hasSuffix(".db") }
      return try Dictionary(
        uniqueKeysWithValues: names.map { name in
          let database = try SQLiteDatabase("\(directory)/\(name)")
          let facts = try [
            "PRAGMA user_version", "PRAGMA journal_mode", "PRAGMA integrity_check",
            "SELECT sql FROM sqlite_schema", "SELECT DISTINCT typeof(event_data) FROM events",
            "SELECT event_id || ' ' || hex(event_data) FROM events ORDER BY event_id",
          ].flatMap { sql in
            try database.rows(sql) { (row) throws(SQLiteFailure) in
              String(decoding: try row.bytes(0), as: UTF8.self)
            }
          }
          return (name, facts)
        })
    }

    func restore(
      _ events: [StateEvent], as format: Restoration.Format? = nil, through: UInt64? = nil
    ) async throws -> Restoration.Result {
      try? FileManager.default.removeItem(atPath: target)
      return try await Restoration(
        MemorySource(events), ArchiveManifest(schema: 1), to: target, format: format,
        through: through
      ).run()
    }
  }

  @Test(
    "each database comes back row for row, with its archives",
    arguments: [nil, .sqliteCBOR] as [Restoration.Format?])
  func rows(format: Restoration.Format?) async throws {
    let folders = try Folders()
    try await folders.simulate(1000, .sqliteCBOR, rotateAfter: 300)
    let result = try await folders.restore(try await folders.events, as: format)
    #expect(result.format == .sqliteCBOR && result.rotations >= 3 && result.jsonThrough == nil)
    let own = try folders.databases(folders.node)
    #expect(own.count == result.rotations + 1)
    #expect(try folders.databases(folders.target) == own)
  }

  @Test("a log that was upgraded comes back as the node has it: rotated logs from before in JSON")
  func upgraded() async throws {
    let folders = try Folders()
    try await folders.simulate(500, .sqliteJSON, rotateAfter: 200)
    let before = try await folders.events
    try await folders.simulate(600, .sqliteCBOR, rotateAfter: 200)
    let all = try await folders.events
    let events = before + all[before.count...]
    let first = all[before.count...].first { event in
      event.json.withUnsafeBytes { RestorePass.isMadeFromCBOR($0) }
    }!.eventId
    let result = try await folders.restore(events)
    let own = try folders.databases(folders.node)
    #expect(try folders.databases(folders.target) == own)
    #expect(Set(own.values.map { $0[0] }) == ["1", "2"])
    #expect(result.format == .sqliteCBOR)
    let json = try #require(result.jsonThrough)
    #expect(json < first && json > 300)
    #expect(!FileManager.default.fileExists(atPath: "\(folders.target)/hydra.db.json"))
    // In one form: all of it can be encoded.
    let other = try await folders.restore(events, as: .sqliteCBOR)
    #expect(other.events == result.events && other.jsonThrough == nil)
    #expect(Set(try folders.databases(folders.target).values.map { $0[0] }) == ["2"])
    let error = await #expect(throws: RestoreError.self) {
      try await folders.restore(events, as: .sqliteJSON)
    }
    #expect(
      error?.message.hasSuffix(
        "Use --format sqlite-cbor, or restore the events before it (--through \(first - 1)).")
        == true, "\(error as Any)")
    #expect(try await folders.restore(before, as: .sqliteJSON).format == .sqliteJSON)
  }

  @Test("an upgrade within a part re-encodes the part")
  func within() async throws {
    let folders = try Folders()
    try await folders.simulate(300, .sqliteJSON)
    let before = try await folders.events
    try await folders.simulate(300, .sqliteCBOR)
    let events = before + (try await folders.events)[300...]
    for through in [nil, 450, 299, 150] as [UInt64?] {
      let result = try await folders.restore(events, through: through)
      let isCBOR = (through ?? 600) >= 300
      #expect(result.format == (isCBOR ? .sqliteCBOR : .sqliteJSON))
      #expect(result.jsonThrough == nil)
      let own = try folders.databases(folders.node)["hydra.db"]!
      let found = try folders.databases(folders.target)["hydra.db"]!
      let expected =
        isCBOR
        ? own.suffix(600).prefix(Int(result.events))
        : before.prefix(Int(result.events)).map { event in
          "\(event.eventId) "
            + event.json.map { ($0 < 16 ? "0" : "") + String($0, radix: 16).uppercased() }.joined()
        }[...]
      #expect(Array(found.suffix(Int(result.events))) == Array(expected))
    }
  }

  @Test("an event that has no form in CBOR is named, with what can be restored")
  func refused() async throws {
    let folders = try Folders()
    try await folders.simulate(100, .sqliteJSON)
    let json = try await folders.events
    func event(_ id: Int, _ change: String) -> StateEvent {
      let line = Array(
        #"{"eventId":\#(id),"stateChanged":{\#(change)},"time":"2026-07-15T10:00:01Z"}"#.utf8)
      return StateEvent(
        position: line.withUnsafeBytes { Position(json: $0)! }, json: line)
    }
    /// With a release's event that CBOR has no place for, and perhaps one from a CBOR log.
    func events(cborAt id: Int?) -> [StateEvent] {
      var events = json
      events[40] = event(40, #""headId":"aa","tag":"HeadInitialized""#)
      if let id {
        events[id] = event(
          id, #""headId":"aa","tag":"CommitApproved","utxoToCommit":{"cborHex":"a0"}"#)
      }
      return events
    }
    func refusal(_ id: Int?, _ format: Restoration.Format?) async throws -> String? {
      let error = await #expect(throws: RestoreError.self) {
        try await folders.restore(events(cborAt: id), as: format)
      }
      #expect(!FileManager.default.fileExists(atPath: folders.target))
      return error?.message
    }
    let reason =
      "The event 40 cannot be written as CBOR: stateChanged.tag is HeadInitialized, whose form in "
      + "CBOR hydra-sinks does not know."
    #expect(try await refusal(nil, .sqliteCBOR) == "\(reason) Use --format sqlite-json, or none.")
    // In a live part that went on in CBOR.
    #expect(
      try await refusal(60, nil)
        == "\(reason) From the event 60 on, events were archived from a CBOR log, and cannot be "
        + "written as JSON. What precedes the event 60 can be restored (--through 59).")
    // After the first event from a CBOR log.
    #expect(
      try await refusal(20, nil)
        == "\(reason) From the event 20 on, events were archived from a CBOR log, and cannot be "
        + "written as JSON. What precedes the event 40 can be restored (--through 39).")
    #expect(
      try await folders.restore(events(cborAt: 60), through: 59).format == .sqliteJSON)
    #expect(
      try await folders.restore(events(cborAt: 20), through: 39).format == .sqliteCBOR)
    #expect(try await folders.restore(events(cborAt: nil)).format == .sqliteJSON)
  }
}
