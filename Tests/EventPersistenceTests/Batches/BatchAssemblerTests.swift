import EventPersistenceTesting
import Testing

@testable import EventPersistence

@Suite struct BatchAssemblerTests {
  private let rule = BatchRule(interval: .seconds(10), maxEvents: 7, maxBytes: 900)

  private func assembler(
    _ grouping: Batching.Grouping, selection: Selection = .all, goal: Position? = nil
  ) -> BatchAssembler {
    BatchAssembler(
      Batching(rule: rule, grace: .seconds(5), grouping: grouping), selection: selection, goal: goal
    )
  }

  /// Reads `events` in pieces of random length, and returns what comes out.
  private func outputs(
    _ assembler: inout BatchAssembler, _ events: [StateEvent], _ random: inout SeededRandom
  ) throws -> [BatchAssembler.Output] {
    var outputs: [BatchAssembler.Output] = []
    var rest = events[...]
    while !rest.isEmpty {
      let read = rest.prefix(Int.random(in: 1...9, using: &random))
      rest = rest.dropFirst(read.count)
      try assembler.take(EventBatch(Array(read)))
      while let output = assembler.next() { outputs.append(output) }
    }
    return outputs
  }

  @Test(
    "whole batches are the rule's, in any pieces of reading", arguments: SeededRandom.seeds(0..<40))
  func whole(seed: UInt64) throws {
    var random = SeededRandom(seed)
    let events = Course.make(120, &random)
    let batches = Course.batches(events, rule)
    var assembler = assembler(.whole)
    var found = try outputs(&assembler, events, &random)
    #expect(found.allSatisfy { $0.batch.run!.isComplete })
    if let last = assembler.flush() {
      #expect(last.batch.run?.isComplete == false)
      found.append(last)
    }
    #expect(found.map { $0.batch.entries.map($0.batch.event) } == batches)
    #expect(found.map(\.batch.run?.first) == batches.map(\.first?.position))
    #expect(found.allSatisfy { $0.next == $0.batch.first && $0.batch.first == $0.batch.run?.first })
  }

  @Test("reads as large as batches end where one does, and what follows shows that it is complete")
  func room() throws {
    let rule = BatchRule(interval: .seconds(1 << 30), maxEvents: 1000, maxBytes: 1 << 20)
    let limits = BatchLimits(events: 1100, bytes: 2 << 20)
    let events = SampleEvents.make(5000)
    var assembler = BatchAssembler(Batching(limits: limits, rule: rule))
    var rest = events[...]
    var pieces: [(count: Int, run: BatchRun)] = []
    func read(_ count: Int, seesNext: Bool = true) throws {
      var read = EventBatch(Array(rest.prefix(count)))
      rest = rest.dropFirst(count)
      if seesNext, let next = rest.first {
        read.following = EventBatch.Following(
          eventId: next.position.eventId, length: next.json.count)
      }
      try assembler.take(read)
      while let output = assembler.next() {
        pieces.append((output.batch.entries.count, output.batch.run!))
      }
    }
    #expect(assembler.room(within: limits).events == 1000)
    try read(1000)
    // As large as a batch again, as the one that was read is full.
    #expect(assembler.room(within: limits) == limits)
    try read(400)
    #expect(assembler.room(within: limits).events == 600)
    try read(600)
    try read(1100, seesNext: false)
    #expect(assembler.room(within: limits).events == 900)
    try read(900, seesNext: false)
    #expect(pieces.map(\.count) == [1000, 400, 600, 1000, 100, 900])
    #expect(pieces.map(\.run.isComplete) == [true, false, true, true, false, false])
    #expect(pieces.map(\.run.endsId) == pieces.map(\.run.isComplete))
    #expect(pieces.map { $0.run.first.eventId } == [0, 1000, 1000, 2000, 3000, 3000])
    #expect(assembler.room(within: BatchLimits(bytes: 9)).bytes == 9)
    #expect(BatchAssembler(Batching()).room(within: limits) == limits)
  }

  @Test(
    "pieces never cross a batch's end, and together are everything",
    arguments: SeededRandom.seeds(0..<40))
  func pieces(seed: UInt64) throws {
    var random = SeededRandom(seed)
    let events = Course.make(120, &random)
    var assembler = assembler(.pieces)
    let found = try outputs(&assembler, events, &random)
    #expect(found.flatMap { $0.batch.entries.map($0.batch.event) } == events)
    var batches: [(BatchRun, [StateEvent])] = []
    for piece in found {
      let events = piece.batch.entries.map(piece.batch.event)
      if let last = batches.last, last.0.first == piece.batch.run?.first {
        #expect(!last.0.isComplete, "no piece of a batch comes after its last one")
        batches[batches.count - 1] = (piece.batch.run!, last.1 + events)
      } else {
        batches.append((piece.batch.run!, events))
      }
    }
    #expect(batches.map(\.1) == Course.batches(events, rule))
  }

  @Test(
    "a drive that begins inside a batch cuts as one from the start does",
    arguments: SeededRandom.seeds(0..<60))
  func resumed(seed: UInt64) async throws {
    var random = SeededRandom(seed)
    let events = Course.make(90, &random)
    let batches = Course.batches(events, rule)
    let index = Int.random(in: 0..<events.count - 1, using: &random)
    let known = events[index].position
    let source = MemorySource(events)
    let anchor = try await source.runStart(of: events[index + 1].position, rule)
    let begun = events.firstIndex { $0.eventId == anchor.eventId }!
    for delivery in [Batching.Grouping.whole, .pieces] {
      var assembler = assembler(delivery)
      let isAnchor = anchor == events[index + 1].position
      assembler.begin(at: anchor, known: isAnchor ? nil : known)
      var found = try outputs(&assembler, Array(events[begun...]), &random)
      if let last = assembler.flush() { found.append(last) }
      let given = found.flatMap { $0.batch.entries.map($0.batch.event) }
      #expect(found.first?.next == events[index + 1].position)
      let whole = batches.drop { !$0.contains { $0.position == events[index + 1].position } }
      #expect(given == (delivery == .whole ? whole.flatMap(\.self) : Array(events[(index + 1)...])))
      let firsts = found.map { $0.batch.run!.first }
      #expect(Set(firsts) == Set(whole.map { $0.first!.position }))
      for output in found {
        let first = events.firstIndex { $0.position == output.batch.run!.first }!
        let sharedIds = events[..<first].reversed().prefix { $0.eventId == events[first].eventId }
          .count
        #expect(output.batch.run?.ordinal == sharedIds)
      }
    }
  }

  @Test("only selected events are in the batch, and all count for the limits")
  func selection() throws {
    let events = SampleEvents.make(30)
    var assembler = assembler(.whole, selection: .tags(["SnapshotConfirmed"]))
    var random = SeededRandom(1)
    let found = try outputs(&assembler, events, &random)
    let batches = Course.batches(events, rule).dropLast()
    #expect(found.map(\.batch.spanCount) == batches.map(\.count))
    #expect(
      found.map { $0.batch.entries.map(\.position.eventId) }
        == batches.map { $0.filter { $0.tag == "SnapshotConfirmed" }.map(\.eventId) })
  }

  @Test("an event larger than a batch stays in the buffer that it was read into")
  func largeEvent() throws {
    let events = SampleEvents.make(3, payload: 5000)
    var assembler = assembler(.whole)
    let read = EventBatch(events)
    try assembler.take(read)
    let first = assembler.next()!.batch
    #expect(first.buffer === read.buffer && first.entries.count == 1)
    #expect(first.run?.isComplete == true)
  }

  @Test("an open batch waits until its interval and the grace are over, by the clock")
  func due() throws {
    let event = SampleEvents.make(1)
    let time = event[0].time!
    func dueAt(_ secondsLater: Double) throws -> Duration? {
      var assembler = assembler(.whole)
      try assembler.take(
        EventBatch(event), at: .seconds(100), date: time.advanced(bySeconds: secondsLater))
      #expect(assembler.next() == nil)
      return assembler.dueAt
    }
    let left = 10 - Double(time.seconds % 10) - 0.123456
    let due = try #require(try dueAt(0)) - .seconds(100)
    #expect(abs(due / .seconds(1) - (left + 5)) < 0.001)
    #expect(try dueAt(60) == .seconds(100))
    // A clock behind the node's: never longer than an interval and the grace.
    #expect(try dueAt(-3600) == .seconds(115))
  }

  @Test("a batch that grows after it was given out comes again, after a longer wait each time")
  func growth() throws {
    let events = SampleEvents.make(5)
    var assembler = assembler(.whole)
    let late = events[0].time!.advanced(bySeconds: 3600)
    try assembler.take(EventBatch([events[0]]), at: .zero, date: late)
    #expect(assembler.next() == nil && assembler.dueAt == .zero)
    #expect(assembler.flush()?.batch.run?.isComplete == false)
    #expect(assembler.dueAt == nil)
    var waits: [Duration] = []
    for count in 2...4 {
      try assembler.take(EventBatch([events[count - 1]]), at: .zero, date: late)
      #expect(assembler.next() == nil)
      #expect(assembler.hasGrown && assembler.batchFirst == events[0].position)
      assembler.begin(at: events[0].position, known: events[count - 2].position)
      try assembler.take(EventBatch(Array(events[..<count])), at: .zero, date: late)
      #expect(assembler.next() == nil && !assembler.hasGrown)
      waits.append(assembler.dueAt!)
      let output = assembler.flush()
      #expect(output?.batch.spanCount == count && output?.next == events[count - 1].position)
    }
    #expect(waits == [.seconds(5), .seconds(10), .seconds(15)])
  }

  @Test("a log that lost the beginning of a batch is reported as changed")
  func lostAnchor() {
    let events = SampleEvents.make(5)
    var assembler = assembler(.whole)
    assembler.begin(at: events[1].position, known: events[2].position)
    #expect(throws: SourceError.self) { try assembler.take(EventBatch(Array(events[2...]))) }
  }
}
