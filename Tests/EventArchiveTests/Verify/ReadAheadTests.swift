import EventPersistence
import EventPersistenceTesting
import Testing

@testable import EventArchive

@Suite("Reading what is held ahead of the comparison")
struct ReadAheadTests {
  /// Each event in a piece of its own.
  private actor HeldPieces: HeldEvents {
    private let events: [StateEvent]
    /// How many pieces were asked for.
    private(set) var asked = 0
    private var waiting: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []

    init(_ events: [StateEvent]) { self.events = events }

    func next() -> HeldPiece? {
      asked += 1
      for waiting in waiting where waiting.count <= asked { waiting.continuation.resume() }
      waiting.removeAll { $0.count <= asked }
      return asked <= events.count
        ? .lines(EventBatch([events[asked - 1]]), object: "\(asked)") : nil
    }

    func waitUntilAsked(_ count: Int) async {
      guard asked < count else { return }
      await withCheckedContinuation { waiting.append((count, $0)) }
    }
  }

  /// A log that calls `atFirstRead` before its first event is read, which is in the comparison of the first piece.
  private struct Log: EventSource {
    let log: MemorySource
    let atFirstRead: @Sendable () async -> Void

    func survey() async -> Survey { await log.survey() }
    func changeToken() async -> ChangeToken { await log.changeToken() }
    func status(of position: Position?) async throws(SourceError) -> PositionStatus {
      try await log.status(of: position)
    }
    func locate(_ start: Start) async throws(SourceError) -> Position? {
      try await log.locate(start)
    }
    func extent(from first: Position, through last: Position) async throws(SourceError) -> Extent {
      try await log.extent(from: first, through: last)
    }
    func reader(from start: Start) -> any EventReader {
      Reader(reader: log.reader(from: start), atFirstRead: atFirstRead)
    }
  }

  private actor Reader: EventReader {
    private let reader: any EventReader
    private var atFirstRead: (@Sendable () async -> Void)?

    init(reader: any EventReader, atFirstRead: @escaping @Sendable () async -> Void) {
      self.reader = reader
      self.atFirstRead = atFirstRead
    }

    func next(_ limits: BatchLimits, through: Position?) async throws(SourceError) -> EventBatch? {
      let call = atFirstRead
      atFirstRead = nil
      await call?()
      return try await reader.next(limits, through: through)
    }
  }

  private let log = SampleEvents.make(5)

  private func verify(
    _ held: HeldPieces, readsAhead: Bool, atFirstRead: @escaping @Sendable () async -> Void
  ) async throws -> VerifyReport {
    try await Verification(
      .init(checkpoint: log.last?.position), of: held,
      against: Log(log: MemorySource(log), atFirstRead: atFirstRead), readsAhead: readsAhead
    ).run()
  }

  @Test("the next piece is read while one is compared", .timeLimit(.minutes(10)))
  func ahead() async throws {
    let held = HeldPieces(log)
    let report = try await verify(held, readsAhead: true) { await held.waitUntilAsked(2) }
    #expect(report.verdict == .whole && report.same == 5)
  }

  @Test("a slow comparison reads it after that")
  func after() async throws {
    let held = HeldPieces(log)
    let report = try await verify(held, readsAhead: false) {
      #expect(await held.asked == 1)
    }
    #expect(report.verdict == .whole && report.same == 5)
  }

  @Test("what is read ahead and not wanted does not count", .timeLimit(.minutes(10)))
  func beyond() async throws {
    let held = HeldPieces(log)
    let report = try await Verification(
      .init(through: 1, checkpoint: log.last?.position), of: held, against: MemorySource(log)
    ).run()
    #expect(report.verdict == .whole && report.held == 2)
    #expect(await held.asked <= 4)
  }
}
