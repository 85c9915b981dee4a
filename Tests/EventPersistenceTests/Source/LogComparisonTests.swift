import EventPersistenceTesting
import Testing

@testable import EventPersistence

/// A log that lost its last events, and another log, told apart by positions that were stored.
struct LogComparisonTests {
  private let stored = SampleEvents.make(3000)

  private var marks: [Position] {
    [0, 1500, 2250, 2600, 2800, 2900, 2950, 2980, 2990, 2999].map { stored[$0].position }
  }

  private func agreement(
    of marks: [Position]? = nil, with log: [StateEvent]
  ) async throws -> LogAgreement {
    try await LogComparison(marks ?? self.marks).agreement(with: MemorySource(log))
  }

  private func other(_ count: Int, first: UInt64 = 0, tags: [String] = ["TickObserved"])
    -> [StateEvent]
  {
    SampleEvents.make(count, first: first, secondsLater: 1_000_000, tags: tags)
  }

  @Test("the log that was stored, grown or not, agrees on the last of them")
  func same() async throws {
    #expect(try await agreement(with: SampleEvents.make(4000)) == .through(marks.last!))
  }

  @Test("a log that lost its last events agrees up to there", arguments: [20, 200, 1999])
  func lostTail(count: Int) async throws {
    let left = stored.dropLast(count)
    let log = left + other(count + 5, first: UInt64(left.count), tags: ["HeadClosed"])
    let last = try #require(marks.last { $0.eventId < left.count })
    #expect(try await agreement(with: Array(log)) == .through(last))
  }

  @Test("another log is proven by its first event", arguments: [1, 500, 3000, 5000])
  func other(count: Int) async throws {
    #expect(try await agreement(with: other(count)) == .none)
    // A secondary that began at a later event, and one without landmarks.
    #expect(try await agreement(of: [marks[1], marks[9]], with: other(count)) == .none)
    #expect(try await agreement(of: [marks[9]], with: other(count)) == .none)
  }

  @Test("a beginning that was rotated away does not hide another log")
  func rotated() async throws {
    let rotation = other(1, first: 700, tags: ["Checkpoint"])
    let log = rotation + other(300, first: 701)
    #expect(try await agreement(with: log) == .none)
    #expect(try await agreement(of: [marks[9]], with: log) == .none)
  }

  @Test("a rotation right after a loss is not taken for another log")
  func rotatedAfterLoss() async throws {
    let rotation = other(1, first: 2960, tags: ["Checkpoint"])
    #expect(try await agreement(with: rotation + other(100, first: 2961)) == .unknown)
  }

  @Test("without times, tags decide from the beginning on")
  func untimed() async throws {
    func untimed(_ events: [StateEvent]) -> [StateEvent] {
      events.map {
        StateEvent(
          position: Position(eventId: $0.eventId, tag: $0.tag), json: $0.json)
      }
    }
    let marks = marks.map { Position(eventId: $0.eventId, tag: $0.tag) }
    #expect(
      try await agreement(of: marks, with: untimed(Array(stored.dropLast(100))))
        == .through(marks[4]))
    let renewed = untimed(other(3000, tags: ["HeadOpened"]))
    #expect(try await agreement(of: marks, with: renewed) == .none)
    // Both begin alike: that is no proof of another log.
    let alike = untimed(other(3000, tags: ["TickObserved"]))
    guard case .through = try await agreement(of: marks, with: alike) else {
      Issue.record("the first event agrees by its tag")
      return
    }
  }

  @Test("ids alone, and nothing at all, prove nothing")
  func nothing() async throws {
    #expect(try await agreement(of: [Position(eventId: 2999)], with: other(500)) == .unknown)
    #expect(try await agreement(of: [], with: other(500)) == .unknown)
    #expect(try await agreement(with: []) == .unknown)
  }

  @Test("damage on the way is passed over; a log that cannot be read is not judged")
  func damaged() async throws {
    let source = MemorySource(Array(stored.dropLast(100)))
    await source.damage(2850...2899)
    let found = try await LogComparison(marks).agreement(with: source)
    #expect(found == .through(marks[4]))
    await source.fail(SourceError(.unreadable, "no rights"))
    #expect(try await LogComparison(marks).agreement(with: source) == .unknown)
  }
}
