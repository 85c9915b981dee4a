import EventPersistenceTesting
import Testing

@testable import EventPersistence

@Suite("What verify found")
struct VerifiedRecordTests {
  typealias Ids = VerifiedRecord.Ids

  private let state = TemporaryState()

  private func record(
    _ from: UInt64?, _ through: UInt64, missing: UInt64 = 0, _ faults: ClosedRange<UInt64>? = nil
  ) -> VerifiedRecord {
    var record = VerifiedRecord(
      startedAt: time("2026-07-15T10:00:00Z"), at: time("2026-07-15T10:00:01Z"), by: "a@h",
      verdict: missing > 0 ? .differs : .whole, from: from, through: through)
    record.missing = missing
    record.faults = faults.map(Ids.init)
    record.repair = record.faults
    return record
  }

  private func replay(
    _ from: UInt64, _ through: UInt64, at minute: Int, _ end: ReplayRecord.State = .done
  ) -> ReplayRecord {
    var replay = ReplayRecord(
      id: "r", kind: .range, from: Position(eventId: from), through: Position(eventId: through),
      requestedBy: "a@h", reason: nil, at: time("2026-07-15T10:0\(minute):00Z"), maxRate: nil,
      previousCheckpoint: nil)
    replay.startedAt = replay.at
    replay.endedAt = replay.at
    replay.state = end
    return replay
  }

  @Test("the last comparison counts, as far as it reached")
  func following() throws {
    let fault = record(nil, 100, missing: 2, 10...11)
    let whole = record(nil, 100)
    #expect(fault.following(nil, isComplete: true) == fault)
    #expect(whole.following(fault, isComplete: true) == whole)
    let faults = try #require(fault.faults)
    #expect(
      whole.following(fault, isComplete: true, holes: [faults]) == nil, "nothing was compared there"
    )
    let elsewhere = VerifiedRecord.Ids(9_000_000...9_000_001)
    #expect(whole.following(fault, isComplete: true, holes: [elsewhere]) == whole)
    #expect(record(10, 11).following(fault, isComplete: true) == record(10, 11))
    #expect(record(11, 100).following(fault, isComplete: true) == nil)
    #expect(record(nil, 10).following(fault, isComplete: true) == nil)
    #expect(whole.following(fault, isComplete: false) == nil)
    #expect(whole.following(whole, isComplete: false) == nil)
    // Damage without an id can be anywhere.
    let damage = record(nil, 100, missing: 1)
    #expect(record(5, 100).following(damage, isComplete: true) == nil)
    #expect(record(nil, 200).following(damage, isComplete: true) != nil)
  }

  @Test("faults that a comparison does not cover stay beside those that it finds")
  func joined() throws {
    let fault = record(nil, 100, missing: 2, 10...11)
    let later = try #require(
      record(50, 100, missing: 3, 60...62).following(fault, isComplete: true))
    #expect(later.missing == 5 && later.repair == Ids(10...62) && later.faults == Ids(10...62))
    let common = try #require(
      record(11, 100, missing: 1, 11...11).following(fault, isComplete: true))
    #expect(common.missing == 2 && common.repair == Ids(10...11))
  }

  @Test("replays that began after it and cover the repair have delivered it again")
  func replayed() {
    let fault = record(nil, 100, missing: 20, 10...29)
    func isReplayed(_ replays: ReplayRecord...) -> Bool { fault.replayed(by: replays) != nil }
    #expect(isReplayed(replay(10, 29, at: 1)) && isReplayed(replay(0, 100, at: 1)))
    #expect(isReplayed(replay(20, 40, at: 1), replay(5, 19, at: 2)))
    #expect(!isReplayed(replay(20, 40, at: 1), replay(5, 18, at: 2)))
    #expect(!isReplayed(replay(10, 28, at: 1)) && !isReplayed(replay(11, 29, at: 1)))
    #expect(!isReplayed(replay(10, 29, at: 1, .failed), replay(10, 29, at: 1, .cancelled)))
    var early = replay(10, 29, at: 1)
    early.startedAt = time("2026-07-15T09:59:59Z")
    #expect(!isReplayed(early))
    #expect(record(nil, 100).replayed(by: [replay(0, 100, at: 1)]) == nil)
  }

  @Test("it is kept in a folder that a driver made, and never over a file that is not valid")
  func kept() throws {
    let fault = record(nil, 100, missing: 2, 10...11)
    try state.folder.keep(fault, isComplete: true)
    #expect(!state.folder.exists)
    try state.plant("{}", in: "driver.json")
    try state.folder.keep(fault, isComplete: true)
    #expect(try state.folder.readVerified() == fault)
    try state.plant("{}", in: "verified.json")
    #expect(throws: StateError.self) { try state.folder.keep(fault, isComplete: true) }
    #expect(try state.text(of: "verified.json") == "{}")
  }
}
