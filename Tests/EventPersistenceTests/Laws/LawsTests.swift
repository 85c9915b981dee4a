import EventPersistenceTesting
import Testing

@testable import EventPersistence

@Suite struct LawsTests {
  @Test("a sink in memory keeps all laws, whether it reports what it holds or not")
  func memorySink() async throws {
    try await SinkLaws { MemoryStorage() }.check()
    try await SinkLaws { MemoryStorage(tellsHoldings: false) }.check()
  }

  @Test("a driver that dies anywhere loses nothing, whether the sink reports what it holds or not")
  func drives() async throws {
    try await DriveLaws { MemoryStorage() }.check()
    try await DriveLaws { MemoryStorage(tellsHoldings: false) }.check()
  }

  @Test("a sink that stores twice what a crash repeats is caught")
  func repeatingSink() async {
    await #expect(throws: LawViolation.self) {
      try await DriveLaws { FaultyStorage(.appendsAlways) }.check()
    }
  }

  @Test("a sink whose objects differ after a rewind is caught")
  func otherObjects() async {
    let error = await #expect(throws: LawViolation.self) {
      try await DriveLaws { FaultyStorage(.countsPuts) }.leavesTheSameObjects()
    }
    #expect(error?.found.contains("puts") == true)
  }

  @Test("a sink that stores a batch in parts keeps all laws")
  func parts() async throws {
    try await SinkLaws { FaultyStorage(.storesParts) }.check()
    try await DriveLaws { FaultyStorage(.storesParts) }.check()
  }

  @Test("a sink that reports a part which it does not hold is caught")
  func boastsOfParts() async {
    await #expect(throws: LawViolation.self) {
      try await SinkLaws { FaultyStorage(.boastsOfParts) }.holdsThePartThatItReports()
    }
  }

  @Test("a log in memory keeps all laws")
  func memorySource() async throws {
    try await SourceLaws { MemorySource($0) }.check()
  }

  @Test("a sink that stores a repeated event twice is caught")
  func appendingSink() async {
    await #expect(throws: LawViolation.self) {
      try await SinkLaws { FaultyStorage(.appendsAlways) }.check()
    }
  }

  @Test("a sink that stores events with a shared id as one is caught")
  func sinkWithoutSharedIds() async {
    await #expect(throws: LawViolation.self) {
      try await SinkLaws { FaultyStorage(.knowsIdsOnly) }.check()
    }
  }

  @Test("a sink that claims more than it holds is caught")
  func boastingSink() async {
    await #expect(throws: LawViolation.self) {
      try await SinkLaws { FaultyStorage(.claimsTheNext) }.check()
    }
  }
}

private actor FaultyStorage: SinkLaws.Storage {
  enum Fault: Sendable {
    case appendsAlways, knowsIdsOnly, claimsTheNext, countsPuts, boastsOfParts
    /// None: three events a `put`.
    case storesParts
  }

  private let fault: Fault
  private var events: [StateEvent] = []
  private var puts = 0

  init(_ fault: Fault) { self.fault = fault }

  func makeSink(for log: any EventSource, selecting selection: Selection) -> any EventSink {
    FaultySink(storage: self)
  }
  func traces() -> [[UInt8]] { events.map(\.json) }
  func objects() -> [String: [UInt8]] {
    fault == .countsPuts ? ["puts": [UInt8(puts)]] : [:]
  }

  func put(_ batch: EventBatch) throws(SinkError) {
    puts += 1
    for (index, entry) in batch.entries.enumerated() {
      if index == 3, fault == .storesParts || fault == .boastsOfParts {
        let said = batch.entries[batch.entries.startIndex + (fault == .storesParts ? 2 : 3)]
        if said.position != batch.last {
          throw SinkError(.again, code: "part", "a part is stored", stored: said.position)
        }
      }
      let isKnown =
        switch fault {
        case .appendsAlways: false
        case .knowsIdsOnly: events.contains { $0.eventId == entry.position.eventId }
        case .claimsTheNext, .countsPuts, .storesParts, .boastsOfParts:
          events.contains { $0.position == entry.position }
        }
      if !isKnown { events.append(batch.event(entry)) }
    }
  }

  var holdings: Holdings {
    if fault == .boastsOfParts { return .unknown }
    guard let last = events.last, fault == .claimsTheNext else {
      return .through(events.last?.position)
    }
    return .through(Position(eventId: last.eventId + 1))
  }
}

private struct FaultySink: EventSink {
  let description = SinkDescription(kind: "faulty", target: "nowhere")
  let storage: FaultyStorage

  func open() async throws(SinkError) -> Holdings { await storage.holdings }
  func put(_ batch: EventBatch) async throws(SinkError) { try await storage.put(batch) }
}
