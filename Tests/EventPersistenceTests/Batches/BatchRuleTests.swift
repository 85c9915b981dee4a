import Testing

@testable import EventPersistence

@Suite struct BatchRuleTests {
  private let rule = BatchRule(interval: .seconds(60), maxEvents: 4, maxBytes: 100)

  /// The batches as lists of ids.
  private func cut(_ events: [(id: UInt64, time: Int64?, bytes: Int)]) -> [[UInt64]] {
    var filling = BatchRule.Filling()
    var batches: [[UInt64]] = []
    for (id, time, bytes) in events {
      let position = Position(
        eventId: id, tag: "T", time: time.map { EventTime(seconds: $0) })
      if rule.begins(position, bytes: bytes, &filling) { batches.append([]) }
      batches[batches.count - 1].append(id)
      #expect(filling.first?.eventId == batches.last!.first)
    }
    return batches
  }

  @Test("events of one interval are one run, whatever their ids")
  func intervals() {
    #expect(
      cut([(0, 0, 1), (1, 59, 1), (9, 60, 1), (10, 119, 1), (11, 3000, 1)])
        == [[0, 1], [9, 10], [11]])
  }

  @Test("an interval begins at a multiple of it before 1970 too")
  func negative() {
    #expect(cut([(0, -61, 1), (1, -60, 1), (2, -1, 1), (3, 0, 1)]) == [[0], [1, 2], [3]])
    #expect(
      rule.span(of: .interval(-1)) == EventTime(seconds: -60)..<EventTime(seconds: 0))
  }

  @Test("a run is cut before a batch exceeds its events or bytes")
  func cuts() {
    #expect(cut((0..<9).map { ($0, 0, 1) }) == [[0, 1, 2, 3], [4, 5, 6, 7], [8]])
    #expect(cut([(0, 0, 60), (1, 0, 40), (2, 0, 1)]) == [[0, 1], [2]])
    #expect(cut([(0, 0, 60), (1, 0, 41), (2, 0, 1)]) == [[0], [1, 2]])
  }

  @Test("an event larger than a batch is a batch of its own")
  func largeEvent() {
    #expect(cut([(0, 0, 1), (1, 0, 5000), (2, 0, 1)]) == [[0], [1], [2]])
  }

  @Test("without times a run has one ⌊id / maxEvents⌋")
  func untimed() {
    #expect(
      cut([(2, nil, 1), (3, nil, 1), (4, nil, 1), (7, nil, 1), (9, nil, 1)])
        == [[2, 3], [4, 7], [9]])
    #expect(cut([(0, nil, 1), (1, 5, 1), (2, nil, 1)]) == [[0], [1], [2]])
  }

  @Test("a clock that is set back begins a run, and so does its return")
  func clockSteps() {
    #expect(
      cut([(0, 59, 1), (1, 60, 1), (2, 58, 1), (3, 59, 1), (4, 61, 1)])
        == [[0], [1], [2, 3], [4]])
  }

  @Test("a batch that begins with a twin names which one")
  func sharedIds() {
    var filling = BatchRule.Filling()
    var sharedIds: [Int] = []
    for tag in ["A", "B", "C"] {
      // Each is too large to share a batch.
      _ = rule.begins(Position(eventId: 5, tag: tag), bytes: 99, &filling)
      sharedIds.append(filling.ordinal)
    }
    _ = rule.begins(Position(eventId: 6), bytes: 99, &filling)
    sharedIds.append(filling.ordinal)
    #expect(sharedIds == [0, 1, 2, 0])
  }

  @Test("a batch shows whether the event before it was read")
  func followsOn() {
    var filling = BatchRule.Filling()
    // Nothing is before 3; 4 and its twin follow; before 7 an event may be lost.
    let follows = [3, 4, 4, 7, 8].map { (id: UInt64) in
      _ = rule.begins(Position(eventId: id), bytes: 99, &filling)
      return filling.followsOn
    }
    #expect(follows == [false, true, true, false, true])
  }

  @Test("limits below the minimum are raised to it")
  func least() {
    let rule = BatchRule(interval: .milliseconds(10), maxEvents: 0, maxBytes: -1)
    #expect(rule.intervalSeconds == 1 && rule.maxEvents == 1 && rule.maxBytes == 1)
  }
}
