import EventPersistence
import Testing

@testable import Setup

@Suite("What a comparison tells about a plan's events")
struct HeldCountTests {
  private static func record(
    _ verdict: VerifiedRecord.Verdict, through: UInt64?, missing: UInt64 = 0,
    faults: ClosedRange<UInt64>? = nil, _ fault: VerifiedRecord.Fault = .missing
  ) -> VerifiedRecord {
    var record = VerifiedRecord(
      startedAt: .now, at: .now, by: "a@b", verdict: verdict, from: nil, through: through)
    if let faults {
      let found = VerifiedRecord.Ids(faults)
      record.take(
        [.init(fault, found, events: missing, startedAt: record.startedAt)], repairs: [])
    }
    return record
  }

  @Test("all of what was found whole, all but what was missing, and else nothing")
  func held() {
    let whole = Self.record(.whole, through: 999)
    #expect(whole.held(0...999, of: 1000) == 1000)
    #expect(whole.held(500...1000, of: 501) == nil)
    let faulty = Self.record(.differs, through: 999, missing: 200, faults: 100...399)
    #expect(faulty.held(0...999, of: 1000) == 800)
    #expect(faulty.held(100...399, of: 300) == 100)
    #expect(faulty.held(400...999, of: 600) == 600)
    #expect(faulty.held(300...999, of: 700) == nil)
    #expect(Self.record(.unproven, through: 999).held(0...1, of: 2) == nil)
    let damaged = Self.record(.differs, through: 999, missing: 1, faults: 100...399, .damaged)
    #expect(damaged.held(0...999, of: 1000) == nil)
  }
}
