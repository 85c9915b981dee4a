import EventPersistence
import EventPersistenceTesting
import Synchronization
import Testing

@testable import EventArchive

@Suite("Verifying what is held")
struct VerificationTests {
  /// What a test says is held, in one object.
  private actor HeldPieces: HeldEvents {
    private var pieces: [HeldPiece]
    init(_ pieces: [HeldPiece]) { self.pieces = pieces }
    func next() -> HeldPiece? { pieces.isEmpty ? nil : pieces.removeFirst() }
  }

  private func verify(
    _ log: [StateEvent], holding held: [StateEvent],
    _ change: (inout Verification.Request) -> Void = { _ in }
  ) async throws -> VerifyReport {
    var request = Verification.Request(checkpoint: log.last?.position)
    change(&request)
    let pieces = held.isEmpty ? [] : [HeldPiece.lines(EventBatch(held), object: "it")]
    return try await Verification(
      request, of: HeldPieces(pieces), against: MemorySource(log), limits: BatchLimits(events: 4)
    ).run()
  }

  private let log = SampleEvents.make(30, sharedIdEach: 7)

  @Test("the same events, those that share an id included, are whole")
  func whole() async throws {
    let report = try await verify(log, holding: log)
    #expect(report.verdict == .whole)
    #expect(report.expected == 30 && report.held == 30 && report.same == 30)
    #expect(report.repairs.isEmpty)
  }

  @Test("what is stored after the checkpoint is compared, but does not count as held")
  func delivered() async throws {
    let checkpoint = log[19].position
    let report = try await verify(log, holding: log) { $0.checkpoint = checkpoint }
    #expect(report.verdict == .whole)
    #expect(report.expected == report.held && report.held == report.same)
    #expect(report.held < 30 && report.extra.isEmpty)
    var other = log
    other[28] = .sample(log[28].eventId, tag: "Other")
    let found = try await verify(log, holding: other) { $0.checkpoint = checkpoint }
    #expect(found.extra.events + found.differing.events == 1)
  }

  @Test("ledger values in two forms are the same if an upgrade makes one of the other")
  func upgraded() async throws {
    func event(_ utxo: String) -> StateEvent {
      let json = "{\"eventId\":0,\"stateChanged\":{\"tag\":\"X\",\"utxo\":\(utxo)}}"
      return StateEvent(position: Position(eventId: 0, tag: "X"), json: Array(json.utf8))
    }
    let own = event("{\"cborHex\":\"a0\"}")
    let held = event("{\"00#0\":{}}")
    #expect(try await verify([own], holding: [held]).incomparable.events == 1)
    for (made, isSame) in [(own.json, true), (Array("{}".utf8), false), (nil, false)] {
      let report = try await verify([own], holding: [held]) {
        $0.form = .events(upgraded: { bytes in bytes.elementsEqual(held.json) ? made : nil })
      }
      #expect(report.same == (isSame ? 1 : 0) && report.incomparable.events == (isSame ? 0 : 1))
    }
  }

  @Test("the checkpoint gives the total while the head is not known")
  func totalOfUncounted() async throws {
    let source = MemorySource(log)
    await source.hideHead(forSurveys: 1)
    let totals = Mutex<Set<UInt64?>>([])
    let last = try #require(log.last?.position)
    _ = try await Verification(
      .init(checkpoint: last),
      of: HeldPieces([.lines(EventBatch(log), object: "it")]), against: source
    ).run { progress in totals.withLock { _ = $0.insert(progress.total) } }
    #expect(totals.withLock { $0 } == [last.eventId + 1])
  }

  @Test("missing events are reported as ranges of ids, also one that shares an id")
  func missing() async throws {
    var held = log
    held.removeSubrange(3..<6)
    let checkpoint = held.lastIndex { $0.tag == "Checkpoint" }!
    let id = held.remove(at: checkpoint).eventId
    let report = try await verify(log, holding: held)
    #expect(report.verdict == .differs)
    #expect(report.missing.events == 4)
    #expect(report.missing.ranges.map(\.from) == [3, id])
    #expect(report.missing.ranges.map(\.through) == [5, id])
    #expect(report.repairs == [.init(from: 2, through: min(id + 1, log.last!.eventId))])
  }

  @Test("duplicates, late events and extra events are distinguished")
  func tooMuch() async throws {
    var held = log
    held.insert(held[4], at: 5)
    let late = held.remove(at: 10)
    held.insert(late, at: 12)
    held.append(held[2])
    held.insert(.sample(20, tag: "Other"), at: held.firstIndex { $0.eventId == 20 }! + 1)
    let report = try await verify(log, holding: held)
    #expect(report.twice.ranges.map(\.from) == [4, 2])
    #expect(report.outOfOrder.ranges.map(\.from) == [late.eventId])
    #expect(report.missing.ranges.map(\.from) == [late.eventId])
    #expect(report.extra.ranges.map(\.from) == [20])
  }

  @Test("a wrong event in place of the right one is one finding")
  func replaced() async throws {
    var held = log
    held[5] = .sample(held[5].eventId, tag: "Other")
    let report = try await verify(log, holding: held)
    #expect(report.differing.events == 1 && report.missing.isEmpty && report.extra.isEmpty)
    #expect(report.differences.first?.tag == "Other")
  }

  @Test("nothing after the checkpoint is expected, and nothing before the secondary's first")
  func bounds() async throws {
    let report = try await verify(log, holding: Array(log[8..<12])) {
      $0.checkpoint = log[11].position
      $0.first = log[8].position
    }
    #expect(report.verdict == .whole && report.expected == 4)
    let ahead = try await verify(log, holding: log) { $0.checkpoint = log[11].position }
    #expect(ahead.verdict == .whole && ahead.expected == 12 && ahead.same == 12)
    let part = try await verify(log, holding: log) {
      $0.from = 3
      $0.through = 5
    }
    #expect(part.expected == 3 && part.held == 3)
  }

  @Test("only selected events are expected; formerly selected ones are not a fault")
  func selection() async throws {
    let selection = Selection.tags(["TickObserved"])
    let selected = log.filter { selection.selects($0.position) }
    let report = try await verify(log, holding: selected) { $0.selection = selection }
    #expect(report.verdict == .whole && report.expected == UInt64(selected.count))
    let more = try await verify(log, holding: log) { $0.selection = selection }
    #expect(more.verdict == .whole && more.unselected == UInt64(30 - selected.count))
  }

  @Test("before the primary's first event only duplicates are found, and nothing is proven")
  func unproven() async throws {
    let left = Array(log[20...])
    let report = try await verify(left, holding: log)
    #expect(report.verdict == .unproven)
    #expect(report.unproven.events == 20 && report.expected == 10 && report.same == 10)
    var doubled = log
    doubled.insert(doubled[6], at: 7)
    let faulty = try await verify(left, holding: doubled)
    #expect(faulty.verdict == .differs && faulty.twice.events == 1)
    #expect(faulty.repairs.isEmpty, "the primary no longer has it")
  }

  @Test("if the primary begins with a rotation's Checkpoint, its lost twin cannot be proven")
  func border() async throws {
    let checkpoint = log.firstIndex { $0.tag == "Checkpoint" }!
    let report = try await verify(Array(log[checkpoint...]), holding: log)
    #expect(report.verdict == .unproven)
    #expect(report.unproven.events == UInt64(checkpoint) && report.extra.isEmpty)
  }

  private func verify(
    _ source: MemorySource, holding held: [StateEvent],
    _ change: (inout Verification.Request) -> Void = { _ in }
  ) async throws -> VerifyReport {
    var request = Verification.Request(
      checkpoint: log.last?.position, first: log.first?.position)
    change(&request)
    return try await Verification(
      request, of: HeldPieces([.lines(EventBatch(held), object: "it")]), against: source,
      limits: BatchLimits(events: 4)
    ).run()
  }

  @Test("what the log has lost in its middle cannot be compared, held or not")
  func hole() async throws {
    let source = MemorySource(log)
    await source.lose(8...14)
    let hole = VerifyReport.Hole(from: 8, through: 14, reason: "no log of the node has them")
    let left = await source.events
    let report = try await verify(source, holding: left)
    #expect(report.verdict == .unproven && report.holes == [hole], "\(report)")
    #expect(report.same == UInt64(left.count))
    // All that was lost, the Checkpoint with the id 7 included, and a part of it.
    for held in [log, log.filter { !(9...14).contains($0.eventId) || left.contains($0) }] {
      let report = try await verify(source, holding: held)
      #expect(report.verdict == .unproven && report.holes == [hole], "\(report)")
      #expect(report.unproven.events == UInt64(held.count - left.count))
    }
    let ids = log.map { StateEvent(position: Position(eventId: $0.eventId), json: [0x31]) }
    let listed = try await verify(source, holding: ids) { $0.form = .positions }
    #expect(listed.verdict == .unproven, "\(listed)")
    let faulty = try await verify(source, holding: left.filter { $0.eventId != 20 })
    #expect(faulty.verdict == .differs && faulty.missing.ranges.map(\.from) == [20])
    for change: (inout Verification.Request) -> Void in [
      { $0.from = 15 }, { $0.through = 7 }, { $0.first = log[17].position },
    ] {
      let part = try await verify(source, holding: log.filter { $0.eventId > 14 }, change)
      #expect(part.holes.isEmpty)
    }
  }

  @Test("what the log cannot read is not known, and the rest is compared")
  func damagedLog() async throws {
    for (ids, through) in [(3...5, 5), (0...4, 4), (20...99, log.last!.eventId)]
      as [(ClosedRange<UInt64>, UInt64)]
    {
      let source = MemorySource(log)
      await source.damage(ids, "byte 99 is damaged.")
      let report = try await verify(source, holding: log)
      let hole = VerifyReport.Hole(
        from: ids.lowerBound, through: through, reason: "byte 99 is damaged.")
      #expect(report.verdict == .unproven && report.holes == [hole], "\(report)")
      #expect(report.extra.isEmpty && report.missing.isEmpty && report.twice.isEmpty)
      #expect(report.same + report.unproven.events == UInt64(log.count))
      let intact = try #require(log.last { !ids.contains($0.eventId) })
      let faulty = try await verify(source, holding: log.filter { $0 != intact })
      #expect(faulty.verdict == .differs && faulty.missing.events == 1, "\(faulty)")
    }
  }

  @Test("what is no event in the log is not known, wherever it is, and the rest is compared")
  func tornLog() async throws {
    let last = log.last!.eventId
    for all in [[3...5], [0...4], [20...last], [0...2, 9...9, 15...16, last...last]]
      as [[ClosedRange<UInt64>]]
    {
      let source = MemorySource(log)
      for ids in all { await source.tear(ids, "byte 99 is no event") }
      let left = await source.events
      let holes = all.map {
        VerifyReport.Hole(
          from: $0.lowerBound, through: $0.upperBound, reason: "byte 99 is no event")
      }
      for held in [log, left] {
        let report = try await verify(source, holding: held)
        #expect(report.verdict == .unproven && report.holes == holes, "\(report)")
        #expect(report.extra.isEmpty && report.same == UInt64(left.count), "\(report)")
        #expect(report.unproven.events == UInt64(held.count - left.count))
      }
      let faulty = try await verify(source, holding: log.filter { $0 != left[1] })
      #expect(faulty.verdict == .differs && faulty.missing.events == 1, "\(faulty)")
    }
  }

  @Test("each stretch of the log that can be read whole has a repair of its own")
  func repairs() async throws {
    let last = log.last!.eventId
    typealias Repair = VerifyReport.Repair
    let source = MemorySource(log)
    await source.damage(10...12, "byte 99 is damaged.")
    let holding = [UInt64(4), 9, 11, 13, 20]
    let report = try await verify(
      source, holding: log.filter { !holding.contains($0.eventId) })
    #expect(
      report.repairs == [Repair(from: 3, through: 9), Repair(from: 13, through: 21)],
      "\(report)")
    let lost = MemorySource(log)
    await lost.lose(8...14)
    let around = try await verify(lost, holding: log.filter { $0.eventId > 2 && $0.eventId < 20 })
    #expect(
      around.repairs == [Repair(from: 0, through: 3), Repair(from: 19, through: last)],
      "\(around)")
    let torn = MemorySource(log)
    await torn.tear(10...12, "byte 99 is no event")
    let passed = try await verify(torn, holding: log.filter { ![9, 20].contains($0.eventId) })
    #expect(passed.repairs == [Repair(from: 8, through: 21)], "\(passed)")
  }

  @Test("a log that begins after the secondary's first event, or is gone, is a hole")
  func beginning() async throws {
    let report = try await verify(MemorySource(Array(log[20...])), holding: Array(log[20...]))
    let through = log[20].eventId - 1
    #expect(
      report.holes == [.init(from: 0, through: through, reason: "the log begins after them now")])
    #expect(report.verdict == .unproven)
    let source = MemorySource()
    await source.fail(SourceError(.unreadable, "it may not be read"))
    let closed = try await verify(source, holding: log)
    #expect(closed.verdict == .unproven && closed.holes.map(\.reason) == ["it may not be read"])
  }

  @Test("a damaged object is reported, with the events that are missing because of it")
  func damaged() async throws {
    let pieces: [HeldPiece] = [
      .damaged(object: "one", ids: 0...9, reason: "cannot be unpacked"),
      .lines(EventBatch(log.filter { $0.eventId > 9 }), object: "two"),
    ]
    let report = try await Verification(
      .init(checkpoint: log.last?.position), of: HeldPieces(pieces), against: MemorySource(log)
    ).run()
    #expect(report.undecodable == 1 && report.damages.first?.object == "one")
    #expect(report.missing.ranges.first?.from == 0)
    #expect(report.repairs == [.init(from: 0, through: 10)])
  }

  @Test("ids alone are compared as ids, shared ones too")
  func positions() async throws {
    let held = log.map { StateEvent(position: Position(eventId: $0.eventId), json: [0x31]) }
    let report = try await verify(log, holding: held) { $0.form = .positions }
    #expect(report.verdict == .whole && report.same == 30)
    let more = try await verify(log, holding: held + [held[29]]) { $0.form = .positions }
    #expect(more.twice.events == 1)
  }

  @Test("without a primary everything is unproven")
  func noPrimary() async throws {
    let source = MemorySource()
    await source.fail(SourceError(.missing, "no log"))
    let report = try await Verification(
      .init(checkpoint: log.last?.position),
      of: HeldPieces([.lines(EventBatch(log), object: "it")]), against: source
    ).run()
    #expect(report.verdict == .unproven && report.unproven.events == 30)
  }

  @Test("a thousand ranges are kept, and all events are counted")
  func bound() {
    var ranges = IdRanges()
    for id in 0..<5000 { ranges.add(UInt64(id * 2)) }
    #expect(ranges.events == 5000 && ranges.ranges.count == 1000 && ranges.omitted == 4000)
    #expect(ranges.contains(20) && !ranges.contains(21) && ranges.highest == 9998)
  }
}

extension StateEvent {
  fileprivate static func sample(_ id: UInt64, tag: String) -> StateEvent {
    let json = "{\"eventId\":\(id),\"stateChanged\":{\"tag\":\"\(tag)\"}}"
    return StateEvent(position: Position(eventId: id, tag: tag), json: Array(json.utf8))
  }
}
