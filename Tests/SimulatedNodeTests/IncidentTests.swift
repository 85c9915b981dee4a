import EventPersistence
import Foundation
import SQLite
import Testing

@testable import SimulatedNode

@Suite("What happens to a simulated node")
struct IncidentTests {
  typealias Folder = SimulatedNodeTests.Folder

  func options(_ folder: Folder, _ format: LogFormat, count: Int = 100)
    -> SimulatedNode.Options
  {
    .init(
      directory: folder.path, format: format, count: count, firstTime: SimulatedNodeTests.start)
  }

  func position(_ line: String) -> Position? {
    Array(line.utf8).withUnsafeBytes { Position(json: $0) }
  }

  @Test("a crash leaves a torn line, and the next event follows on it")
  func crash() async throws {
    let folder = Folder()
    var options = options(folder, .state, count: 40)
    options.crashEach = 10
    try await SimulatedNode(options).run()
    let lines = try folder.lines("state")
    #expect(lines.count == 41)
    let whole = lines.compactMap(position)
    // After each crash but the last, after which nothing comes.
    #expect(whole.map(\.eventId) == (0..<40).filter { ![10, 20, 30].contains($0) })
    #expect(lines[20].hasPrefix("\0"))
    // The event itself is whole, after the torn part.
    for line in [lines[10], lines[20], lines[30]] {
      let start = try #require(line.range(of: "{\"eventId\":", options: .backwards))
      #expect(position(String(line[start.lowerBound...])) != nil)
    }
  }

  @Test("gaps skip ids now and then, and are the same in each run")
  func gaps() async throws {
    let folder = Folder()
    var options = options(folder, .sqliteJSON, count: 500)
    options.hasGaps = true
    try await SimulatedNode(options).run()
    let ids = try folder.rows("hydra.db").compactMap { position($0)?.eventId }
    #expect(ids.count == 500)
    #expect(ids == ids.sorted())
    #expect(ids.last! > 500)
    let again = Folder()
    options.directory = again.path
    options.count = 250
    try await SimulatedNode(options).run()
    try await SimulatedNode(options).run()
    #expect(try again.rows("hydra.db").compactMap { position($0)?.eventId } == ids)
  }

  @Test(
    "the ids of a lost tail are reused, with other contents",
    arguments: [LogFormat.state, .sqliteJSON])
  func loseTail(format: LogFormat) async throws {
    let folder = Folder()
    let plain = Folder()
    try await SimulatedNode(options(plain, format)).run()
    var options = options(folder, format)
    options.loseTailAt = 60
    try await SimulatedNode(options).run()
    let read = { (folder: Folder) throws in
      try format == .state ? folder.lines("state") : folder.rows("hydra.db")
    }
    let before = try read(plain)
    let after = try read(folder)
    #expect(after.compactMap { position($0)?.eventId } == Array(0..<80))
    #expect(after[..<40] == before[..<40])
    for index in 40..<80 { #expect(after[index] != before[index]) }
  }

  @Test("a migration puts the state's lines into hydra.db and continues there")
  func migrate() async throws {
    let folder = Folder()
    let plain = Folder()
    try await SimulatedNode(options(plain, .state)).run()
    var options = options(folder, .state)
    options.migrateAt = 70
    try await SimulatedNode(options).run()
    let lines = try plain.lines("state")
    #expect(try folder.rows("hydra.db") == lines)
    #expect(try folder.lines("state.migrated") == Array(lines[..<70]))
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/state"))
  }

  @Test("an upgrade turns each row into the CBOR that would have been written")
  func upgrade() async throws {
    let upgraded = Folder()
    let plain = Folder()
    let later = Folder()
    try await SimulatedNode(options(plain, .sqliteCBOR, count: 3000)).run()
    var options = options(upgraded, .state, count: 3000)
    options.migrateAt = 500
    options.upgradeAt = 2500
    // Batches of 500: it rotates with 1500, and with 2500 just before the upgrade.
    options.rotateAfter = 1000
    try await SimulatedNode(options).run()
    let expected = try blobs(plain)
    let found = try blobs(upgraded)
    #expect(found.count == 501)
    #expect(found[1...] == expected[2500...])
    // The next node upgrades when it starts.
    try await SimulatedNode(self.options(later, .sqliteJSON, count: 50)).run()
    try await SimulatedNode(self.options(later, .sqliteCBOR, count: 0)).run()
    #expect(try blobs(later) == Array(expected[..<50]))
  }

  private func blobs(_ folder: Folder) throws -> [Data] {
    let database = try SQLiteDatabase("\(folder.path)/hydra.db")
    #expect(try database.integers("PRAGMA user_version") == [2])
    return try database.rows("SELECT event_data FROM events ORDER BY event_id") {
      (row) throws(SQLiteFailure) in Data(try row.bytes(0))
    }
  }

  @Test("options that contradict each other are refused, with the reason")
  func contradictions() async throws {
    let folder = Folder()
    var crash = options(folder, .sqliteJSON)
    crash.crashEach = 5
    var gaps = options(folder, .bare)
    gaps.hasGaps = true
    var early = options(folder, .state)
    early.upgradeAt = 5
    early.migrateAt = 6
    for options in [crash, gaps, early] {
      await #expect(throws: SimulationError.self) { try await SimulatedNode(options).run() }
    }
  }
}

@Suite("The CBOR of simulated events")
struct SimulatedCBORTests {
  /// The items of a CBOR stream, one after another: major type, value, and the bytes of a string.
  func items(_ bytes: [UInt8]) -> [(major: UInt8, value: UInt64?, text: ArraySlice<UInt8>)]? {
    var items: [(UInt8, UInt64?, ArraySlice<UInt8>)] = []
    var index = 0
    while index < bytes.count {
      let major = bytes[index] >> 5
      let info = bytes[index] & 31
      index += 1
      var value: UInt64? = UInt64(info)
      if info == 31 { value = nil }
      if (24...27).contains(info) {
        let count = 1 << (info - 24)
        guard index + count <= bytes.count else { return nil }
        value = bytes[index..<index + count].reduce(0) { $0 << 8 | UInt64($1) }
        index += count
      }
      var text: ArraySlice<UInt8> = []
      if major == 2 || major == 3 {
        guard let value, index + Int(value) <= bytes.count else { return nil }
        text = bytes[index..<index + Int(value)]
        index += Int(value)
      }
      items.append((major, value, text))
    }
    return items
  }

  @Test("each event is a well-formed stream: its name, its id, its tag first, its time last")
  func streams() throws {
    let events = SimulatedEvents(seed: 3)
    let time = EventTime("2026-03-01T00:00:01.5Z")!
    for id in 0..<UInt64(2048) {
      var writer = PayloadWriter()
      let tag = events.append(.init(id: id, time: time), as: .cbor, to: &writer)
      let items = try #require(self.items([UInt8](writer.bytes)))
      #expect(Array(items[0].text) == Array("StateEvent".utf8))
      #expect(items[1].value == id)
      #expect(Array(items[2].text) == Array(tag.utf8))
      // The 60th day of a year without a leap day.
      #expect(items.suffix(4).map(\.value) == [3, 2026, 60, 1_500_000_000_000])
    }
  }

  @Test("a transaction has the same bytes and the same id in both forms, and is CBOR itself")
  func transactions() throws {
    struct Event: Decodable {
      struct Change: Decodable {
        struct Transaction: Decodable { var cborHex, txId: String }
        var tx: Transaction?
      }
      var stateChanged: Change
    }
    let events = SimulatedEvents()
    var seen = 0
    for id in 0..<UInt64(200) {
      let json = events.event(id, at: SimulatedNodeTests.start).json
      guard let tx = try JSONDecoder().decode(Event.self, from: Data(json)).stateChanged.tx else {
        continue
      }
      seen += 1
      var writer = PayloadWriter()
      events.append(.init(id: id, time: SimulatedNodeTests.start), as: .cbor, to: &writer)
      let hex = writer.bytes.map { String(format: "%02x", $0) }.joined()
      #expect(hex.contains(tx.cborHex))
      let bytes = stride(from: 0, to: tx.cborHex.count, by: 2).map { offset in
        let start = tx.cborHex.index(tx.cborHex.startIndex, offsetBy: offset)
        return UInt8(tx.cborHex[start...].prefix(2), radix: 16)!
      }
      #expect(items(bytes)?.first?.value == 4)
      #expect(tx.txId.count == 64)
    }
    #expect(seen > 30)
  }
}
