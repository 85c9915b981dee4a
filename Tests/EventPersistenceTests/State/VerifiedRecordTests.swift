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
    if missing > 0 {
      let ids = Ids(faults ?? (from ?? 0)...through)
      record.take(
        [.init(.missing, ids, events: missing, startedAt: record.startedAt)],
        repairs: faults.map { [.init(Ids($0), startedAt: record.startedAt)] } ?? [])
    }
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

  private func ids(_ record: VerifiedRecord?) -> [Ids]? { record?.findings.map(\.ids) }

  @Test("the last comparison counts, as far as it reached")
  func following() throws {
    let fault = record(nil, 100, missing: 2, 10...11)
    let whole = record(nil, 100)
    #expect(fault.following(nil, isComplete: true) == fault)
    #expect(whole.following(fault, isComplete: true) == whole)
    #expect(
      whole.following(fault, isComplete: true, holes: [Ids(10...11)]) == nil,
      "nothing was compared there")
    let elsewhere = Ids(9_000_000...9_000_001)
    #expect(whole.following(fault, isComplete: true, holes: [elsewhere]) == whole)
    // What a part mends of it; the rest was compared before.
    #expect(record(10, 11).following(fault, isComplete: true) == whole)
    let half = try #require(record(11, 100).following(fault, isComplete: true))
    #expect(ids(half) == [Ids(10...10)] && half.missing == 1 && half.isFaulty)
    #expect(half.repairs.map(\.ids) == [Ids(10...10)] && half.from == nil && half.through == 100)
    #expect(ids(record(nil, 10).following(fault, isComplete: true)) == [Ids(11...11)])
    #expect(whole.following(fault, isComplete: false) == nil)
    #expect(whole.following(whole, isComplete: false) == nil)
    #expect(record(50, 60).following(fault, isComplete: true) == nil)
    // Damage without an id can be anywhere.
    let damage = record(nil, 100, missing: 1)
    #expect(ids(record(5, 100).following(damage, isComplete: true)) == [Ids(0...4)])
    #expect(record(nil, 200).following(damage, isComplete: true) == record(nil, 200))
    var unsure = record(nil, 100)
    unsure.unknown = 7
    unsure.verdict = .unproven
    let joined = try #require(record(50, 60).following(unsure, isComplete: true))
    #expect(joined.verdict == .unproven && joined.unknown == 7 && joined.through == 100)
  }

  @Test("a part in the middle of a stretch leaves both ends of it open")
  func split() throws {
    let fault = record(nil, 5000, missing: 101, 1200...1300)
    let next = try #require(record(1220, 1279).following(fault, isComplete: true))
    #expect(ids(next) == [Ids(1200...1219), Ids(1280...1300)] && next.missing == 41)
    #expect(next.repairs.map(\.ids) == [Ids(1200...1219), Ids(1280...1300)])
    // A hole of the log within the part was not compared.
    let holed = try #require(
      record(1200, 1300).following(fault, isComplete: true, holes: [Ids(1250...1259)]))
    #expect(ids(holed) == [Ids(1250...1259)])
  }

  @Test("faults that a comparison does not cover stay beside those that it finds")
  func joined() throws {
    let fault = record(nil, 100, missing: 2, 10...11)
    let later = try #require(
      record(50, 100, missing: 3, 60...62).following(fault, isComplete: true))
    #expect(later.missing == 5 && ids(later) == [Ids(10...11), Ids(60...62)])
    #expect(later.repairs.map(\.ids) == [Ids(10...11), Ids(60...62)])
    let common = try #require(
      record(11, 100, missing: 1, 11...11).following(fault, isComplete: false))
    #expect(common.missing == 2 && ids(common) == [Ids(10...11)])
  }

  @Test("a hundred stretches are kept; beyond that, near ones become one")
  func bound() throws {
    var record = record(nil, 100_000)
    let found = (0..<250).map { index -> VerifiedRecord.Finding in
      let id = UInt64(index < 200 ? index * 1000 : 200_000 + index * 2)
      return .init(
        index % 2 == 0 ? .missing : .extra, Ids(id...id), events: 1, startedAt: record.startedAt)
    }
    record.take(found, repairs: [])
    #expect(record.findings.count == [VerifiedRecord.Finding].countMax)
    #expect(record.missing == 125 && record.extra == 125)
    for finding in found {
      #expect(
        record.findings.contains {
          $0.fault == finding.fault && $0.from <= finding.from && finding.through <= $0.through
        })
    }
  }

  @Test("replays that began after it and cover a fault have delivered it again")
  func replayed() {
    let fault = record(nil, 100, missing: 20, 10...29)
    func left(_ replays: ReplayRecord...) -> [Ids] {
      let open = fault.open(after: replays)
      if open.replayedAt != nil { return [] }
      #expect(open.record.repairs.map(\.ids) == open.record.findings.map(\.ids))
      return open.record.findings.map(\.ids)
    }
    #expect(left(replay(10, 29, at: 1)) == [] && left(replay(0, 100, at: 1)) == [])
    #expect(left(replay(20, 40, at: 1), replay(5, 19, at: 2)) == [])
    #expect(left(replay(20, 40, at: 1), replay(5, 18, at: 2)) == [Ids(19...19)])
    #expect(left(replay(10, 28, at: 1)) == [Ids(29...29)])
    #expect(left(replay(15, 20, at: 1)) == [Ids(10...14), Ids(21...29)])
    let ended = left(replay(10, 29, at: 1, .failed), replay(10, 29, at: 1, .cancelled))
    #expect(ended == [Ids(10...29)])
    var early = replay(10, 29, at: 1)
    early.startedAt = time("2026-07-15T09:59:59Z")
    #expect(left(early) == [Ids(10...29)])
    #expect(record(nil, 100).open(after: [replay(0, 100, at: 1)]).replayedAt == nil)
  }

  @Test("of several repairs, those that no replay has delivered stay, and faults that none mends")
  func severalRepairs() {
    var fault = record(nil, 100)
    fault.verdict = .differs
    let stretches = [Ids(10...19), Ids(30...39), Ids(50...59)]
    fault.take(
      stretches.map { .init(.missing, $0, events: 10, startedAt: fault.startedAt) },
      repairs: [Ids(9...20), Ids(29...40)].map { .init($0, startedAt: fault.startedAt) })
    let one = fault.open(after: [replay(9, 20, at: 1)])
    #expect(one.replayedAt == nil && one.record.missing == 20)
    #expect(one.record.repairs.map(\.ids) == [Ids(29...40)])
    let both = fault.open(after: [replay(9, 20, at: 1), replay(25, 100, at: 2)])
    #expect(both.replayedAt == nil && both.record.findings.map(\.ids) == [stretches[2]])
    #expect(both.record.repairs.isEmpty && both.record.isFaulty)
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
