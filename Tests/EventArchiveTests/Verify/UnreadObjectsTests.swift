import EventPersistence
import EventPersistenceTesting
import Synchronization
import Testing

@testable import EventArchive

@Suite("Verifying an archive of which a part cannot be read")
struct UnreadObjectsTests {
  /// An archive of objects with ten events each, some of which fail a number of times.
  private final class FailingArchive: ArchiveStorage {
    let place = "memory"
    let log: [StateEvent]
    let failures: Mutex<[String: Int]>

    init(_ log: [StateEvent], failures: [String: Int]) {
      self.log = log
      self.failures = Mutex(failures)
    }

    func manifest() -> ArchiveManifest { ArchiveManifest(schema: 1) }
    func setAsideCount() -> Int? { nil }
    func generations() -> [Int] { [1] }
    func changeToken() -> ChangeToken { ChangeToken([]) }

    func objects() -> [ArchiveObject] {
      stride(from: UInt64(0), to: 50, by: 10).map {
        ArchiveObject(key: "\($0)", firstId: $0, lastId: nil, ordinal: 0)
      }
    }

    func read(_ object: ArchiveObject) throws(SourceError) -> ArchiveContents {
      let isFailing = failures.withLock { failures in
        guard let left = failures[object.key], left > 0 else { return false }
        failures[object.key] = left - 1
        return true
      }
      guard !isFailing else { throw SourceError(.unreadable, "\(object.key) times out.") }
      let lines = log.filter { object.firstId..<object.firstId + 10 ~= $0.eventId }
      return .lines(EventBuffer(lines.flatMap { $0.json + [0x0A] }))
    }
  }

  private let log = SampleEvents.make(50)
  private let pauses = Pauses()

  private final class Pauses: Sendable {
    let all = Mutex<[Duration]>([])
  }

  private func verify(
    failures: [String: Int], holding held: [StateEvent]? = nil
  ) async throws -> VerifyReport {
    let archive = FailingArchive(held ?? log, failures: failures)
    let holdings = ArchiveHoldings(archive) { [pauses] pause in
      pauses.all.withLock { $0.append(pause) }
    }
    return try await Verification(
      .init(checkpoint: log.last?.position), of: holdings, against: MemorySource(log),
      limits: BatchLimits(events: 4)
    ).run()
  }

  @Test("its events are neither held nor missing, and all others are compared")
  func unknown() async throws {
    let report = try await verify(failures: ["10": .max, "40": .max])
    #expect(report.verdict == .unproven && report.repairs.isEmpty)
    #expect(report.expected == 50 && report.same == 30 && report.unread == 2)
    #expect(report.failures.map(\.reason) == ["10 times out.", "40 times out."])
    #expect(report.unexamined.ranges.map(\.from) == [10, 40])
    #expect(report.unexamined.ranges.map(\.through) == [19, 49])
  }

  @Test("a fault elsewhere is still found, and the replay repairs that alone")
  func faulty() async throws {
    let held = log.filter { $0.eventId != 25 }
    let report = try await verify(failures: ["0": .max], holding: held)
    #expect(report.verdict == .differs && report.missing.ranges.map(\.from) == [25])
    #expect(report.unexamined.events == 10)
    #expect(report.repairs == [.init(from: 24, through: 26)])
  }

  @Test("an object that can be read again counts as any other")
  func again() async throws {
    let report = try await verify(failures: ["10": 2])
    #expect(report.verdict == .whole && report.unread == 0)
    #expect(pauses.all.withLock { $0 } == [.seconds(1), .seconds(2)])
  }

  @Test("if no object can be read, only the first is waited for")
  func all() async throws {
    let keys = ["0", "10", "20", "30", "40"]
    let report = try await verify(
      failures: Dictionary(uniqueKeysWithValues: keys.map { ($0, .max) }))
    #expect(report.verdict == .unproven && report.unread == 5 && report.held == 0)
    #expect(report.unexamined.ranges.map(\.from) == [0] && report.unexamined.events == 50)
    #expect(pauses.all.withLock(\.count) == 2)
  }
}
