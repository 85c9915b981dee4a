public import EventPersistence

/// The laws that every sink must keep, whatever it stores and wherever.
///
/// ```swift
/// try await SinkLaws { try Folder() }.check()
/// ```
public struct SinkLaws: Sendable {
  /// One place to store in, empty at first, which outlives the sinks that store in it.
  ///
  /// Its content is compared as *traces*: by default the JSON of each event, byte for byte. A
  /// storage that holds something else for an event, or nothing for some, defines the expected
  /// traces with `traces(of:)`.
  public protocol Storage: Sendable {
    /// A sink on this storage, as a driver makes it when it starts. The previous one is gone
    /// without notice: neither closed nor informed.
    ///
    /// - Parameters:
    ///   - log: what will be driven, for a sink that reads it by itself.
    ///   - selection: what the driver selects of it, for a sink that selects by itself.
    func makeSink(for log: any EventSource, selecting selection: Selection) async throws
      -> any EventSink

    /// The traces of the stored events, in the order in which they are stored.
    func traces() async throws -> [[UInt8]]

    /// The expected traces once all events of `log` are stored, and no others.
    func traces(of log: [StateEvent]) -> [[UInt8]]

    /// Everything stored, by name: files, objects. A rewind to the start leaves it unchanged. By
    /// default empty: for a storage without such objects, or whose objects the sink does not
    /// control.
    func objects() async throws -> [String: [UInt8]]
  }

  private let makeStorage: @Sendable () async throws -> any Storage

  /// Laws over sinks whose storage `makeStorage` makes, a new and empty one at each call.
  public init(_ makeStorage: @escaping @Sendable () async throws -> any Storage) {
    self.makeStorage = makeStorage
  }

  /// Checks the sink against all laws.
  ///
  /// - Throws: `LawViolation` for the first broken one, or the sink's error; `wait` and `again`
  ///   only after a thousand attempts, since a driver would put the batch again.
  public func check() async throws {
    try await storesInLogOrder()
    try await storesBothOfAnId()
    try await storesOnceWhatComesTwice()
    try await survivesEachCrash()
    try await storesInOrderWhatItBegins()
    try await holdsNoMoreThanItWasGiven()
    try await takesABatchWithoutSelectedEvents()
    try await grows()
    try await holdsThePartThatItReports()
  }

  /// What was put is stored, in log order, byte for byte.
  public func storesInLogOrder() async throws {
    let events = SampleEvents.make(50)
    let storage = try await makeStorage()
    try await drive(events, into: storage, batchSize: 7)
    try await expect(events, in: storage, "what was put is stored, in log order, byte for byte")
  }

  /// Two events with one id are two events.
  public func storesBothOfAnId() async throws {
    let events = SampleEvents.make(40, sharedIdEach: 6)
    let storage = try await makeStorage()
    try await drive(events, into: storage, batchSize: 1)
    try await expect(events, in: storage, "each of two events with one id is stored")
  }

  /// The same events again, from any position and in other batches, leave the same content.
  public func storesOnceWhatComesTwice() async throws {
    let events = SampleEvents.make(40, sharedIdEach: 9)
    let storage = try await makeStorage()
    try await drive(events, into: storage, batchSize: 5)
    for (from, batchSize) in [(0, 40), (0, 1), (13, 6), (39, 1), (0, 7)] {
      try await drive(events, from: from, into: storage, batchSize: batchSize)
      try await expect(
        events, in: storage,
        "events that come again (from index \(from), in batches of \(batchSize)) are stored once")
    }
  }

  /// After any crash of a driver, the next one completes the content: nothing is lost, nothing is
  /// stored twice.
  ///
  /// The driver dies before each `put`, and after each `put` before the checkpoint is saved.
  public func survivesEachCrash() async throws {
    let events = SampleEvents.make(24, sharedIdEach: 7)
    let batchSize = 4
    for crash in 0..<(2 * (events.count / batchSize)) {
      try await survives(crash, of: events, batchSize: batchSize)
    }
  }

  private func survives(_ crash: Int, of events: [StateEvent], batchSize: Int) async throws {
    let storage = try await makeStorage()
    // A crash with an even number comes before the put, one with an odd number after it.
    let putsBeforeCrash = (crash + 1) / 2
    let checkpoint = (crash / 2) * batchSize
    let stored = min(putsBeforeCrash * batchSize, events.count)
    if stored > 0 {
      try await drive(Array(events[..<stored]), into: storage, batchSize: batchSize)
    }
    let sink = try await storage.makeSink(for: MemorySource(events), selecting: .all)
    let holdings = try await sink.open()
    let start = try resumeIndex(holdings, checkpoint: checkpoint, of: events)
    try require(
      start <= stored, "a sink holds no more than it was given",
      "it claims \(start) events of \(stored)")
    try await put(events, from: start, into: sink, batchSize: 3)
    await sink.close()
    try await expect(
      events, in: storage, "after a crash (number \(crash)) the next driver completes the content")
  }

  /// Batches that are begun are stored in log order and once. If the driver ends meanwhile, what is
  /// stored is the beginning of the log, and the next driver completes it.
  public func storesInOrderWhatItBegins() async throws {
    let events = SampleEvents.make(40, sharedIdEach: 9)
    let law = "batches that are begun are stored in log order"
    let storage = try await makeStorage()
    for count in [7, 23, 40] {
      let log = Array(events[..<count])
      let sink = try await storage.makeSink(for: MemorySource(log), selecting: .all)
      let from = try resumeIndex(try await sink.open(), checkpoint: 0, of: events)
      let batches = try sink.batching.batches(of: log, from: from, by: 4)
      for (index, batch) in batches.dropLast().enumerated() {
        let pending = try await sink.deliver(batch, begins: true)
        try require(
          pending <= index + 1, law, "\(pending) of \(index + 1) are said to be on their way")
      }
      if count == 40 {
        try await sink.settle()
        try await sink.deliver(batches.last!)
        await sink.close()
      } else {
        // The driver ends: what it had begun is stored, or never.
        await sink.close()
        let held = try await storage.traces()
        let isBeginning = (0...count).contains { storage.traces(of: Array(events[..<$0])) == held }
        try require(isBeginning, law, "\(held.count) are stored, and they are not the first ones")
      }
    }
    try await expect(events, in: storage, law)
  }

  /// `open` claims what is stored, never what is not.
  public func holdsNoMoreThanItWasGiven() async throws {
    let events = SampleEvents.make(20, sharedIdEach: 5)
    let storage = try await makeStorage()
    let law = "a sink reports what it holds: never more, and nothing for an empty storage"
    var sink = try await storage.makeSink(for: MemorySource(), selecting: .all)
    if case .through(let held?) = try await sink.open() {
      throw LawViolation(law, "an empty storage claims to hold through \(held)")
    }
    await sink.close()
    for count in [1, 6, 7, 20] {
      try await drive(Array(events[..<count]), into: storage, batchSize: 6)
      sink = try await storage.makeSink(
        for: MemorySource(Array(events[..<count])), selecting: .all)
      let holdings = try await sink.open()
      await sink.close()
      guard case .through(let held) = holdings else { continue }
      let last = events[count - 1].position
      try require(
        held.map { $0.agrees(with: last) } ?? false, law,
        "after \(last) it claims to hold through \(held.map(String.init(describing:)) ?? "nothing")"
      )
    }
  }

  /// Events in any pieces leave the same content as all at once: a batch that was put and grows
  /// comes again, and a driver starts again inside it.
  public func grows() async throws {
    let events = SampleEvents.make(30, sharedIdEach: 4)
    let storage = try await makeStorage()
    for (from, count) in [(0, 3), (3, 4), (4, 5), (2, 11), (11, 29), (29, 30)] {
      try await drive(Array(events[..<count]), from: from, into: storage, batchSize: 2)
      try await expect(Array(events[..<count]), in: storage, "a batch that grew is stored once")
    }
  }

  /// A batch in which no event was selected is not an error, and stores nothing.
  public func takesABatchWithoutSelectedEvents() async throws {
    let events = SampleEvents.make(3)
    let storage = try await makeStorage()
    let sink = try await storage.makeSink(for: MemorySource(events), selecting: .tags([]))
    _ = try await sink.open()
    for batch in try sink.batching.batches(of: events, by: 2) {
      try await sink.deliver(batch.selecting { _ in false })
    }
    await sink.close()
    try await expect([], in: storage, "a batch without selected events stores nothing")
  }

  /// What a `put` reports as stored before it ends survives a crash: the next driver continues
  /// after it. A sink that reports none gets the batch once.
  public func holdsThePartThatItReports() async throws {
    let events = SampleEvents.make(24, sharedIdEach: 7)
    let storage = try await makeStorage()
    var start = 0
    while start < events.count {
      let sink = try await storage.makeSink(for: MemorySource(events), selecting: .all)
      let from = try resumeIndex(try await sink.open(), checkpoint: start, of: events)
      let batch = try sink.batching.batches(of: events, from: from, by: events.count)[0]
      do throws(SinkError) {
        try await sink.put(batch)
        start = from + batch.entries.count
      } catch {
        guard error.remedy == .again || error.remedy == .wait else { throw error }
        if let part = error.stored.flatMap({ batch.split(after: $0) }) {
          start = from + part.through.entries.count
        }
      }
      await sink.close()
    }
    try await expect(events, in: storage, "the part of a batch that a sink reports is stored")
  }

  // MARK: - Helpers of the laws

  /// Drives the log `events` from the index `start` on into a new sink.
  private func drive(
    _ events: [StateEvent], from start: Int = 0, into storage: any Storage, batchSize: Int
  ) async throws {
    let sink = try await storage.makeSink(for: MemorySource(events), selecting: .all)
    _ = try await sink.open()
    try await put(events, from: start, into: sink, batchSize: batchSize)
    await sink.close()
  }

  private func put(
    _ events: [StateEvent], from start: Int, into sink: any EventSink, batchSize: Int
  ) async throws {
    for batch in try sink.batching.batches(of: events, from: start, by: batchSize) {
      try await sink.deliver(batch)
    }
  }

  /// The index of the first event to deliver: after the earlier of the checkpoint and what is held.
  private func resumeIndex(_ holdings: Holdings, checkpoint: Int, of events: [StateEvent]) throws
    -> Int
  {
    switch holdings {
    case .unknown: return checkpoint
    case .through(nil): return 0
    case .through(let held?):
      guard let index = events.lastIndex(where: { $0.position.agrees(with: held) }) else {
        throw LawViolation("a sink holds no more than it was given", "it claims to hold \(held)")
      }
      return min(checkpoint, index + 1)
    }
  }

  private func expect(_ events: [StateEvent], in storage: any Storage, _ law: String) async throws {
    try requireSame(try await storage.traces(), storage.traces(of: events), law)
  }
}

extension SinkLaws.Storage {
  public func traces(of log: [StateEvent]) -> [[UInt8]] { log.map(\.json) }
  public func objects() async throws -> [String: [UInt8]] { [:] }
}

extension EventSink {
  /// Puts as a driver does: again at once, or what is left of it, as long as the sink asks for that
  /// and at most a thousand times.
  ///
  /// - Returns: how many batches are begun and not stored yet; none unless the sink only `begins`.
  @discardableResult
  package func deliver(_ batch: EventBatch, begins: Bool = false) async throws -> Int {
    var batch = batch
    for _ in 1..<1000 {
      do throws(SinkError) {
        if begins { return try await begin(batch) }
        try await put(batch)
        return 0
      } catch {
        guard error.remedy == .again || error.remedy == .wait else { throw error }
        batch = error.stored.flatMap { batch.split(after: $0)?.rest } ?? batch
      }
    }
    try await put(batch)
    return 0
  }
}

/// Throws unless the traces are as expected, and names the first that is not.
func requireSame(_ seen: [[UInt8]], _ expected: [[UInt8]], _ law: String) throws {
  for (seen, expected) in zip(seen, expected) {
    func text(_ bytes: [UInt8]) -> String { String(decoding: bytes.prefix(200), as: UTF8.self) }
    try require(seen == expected, law, "expected \(text(expected)), found \(text(seen))")
  }
  try require(seen.count == expected.count, law, "\(seen.count) of \(expected.count) are stored")
}
