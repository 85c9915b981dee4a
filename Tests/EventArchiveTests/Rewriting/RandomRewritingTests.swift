import EventPersistence
import EventPersistenceTesting
import Testing

@testable import EventArchive

/// Random archives and logs, compared with a model that knows only sets of lines.
@Suite("What becomes of an archive when events come again, at random")
struct RandomRewritingTests {
  @Test("what is stored is what the model says, nothing is lost, and a second time changes nothing")
  func model() {
    for seed in 0..<1000 as Range<UInt64> {
      var random = SeededRandom(seed)
      let course = Course(&random)
      let rewriting = course.rewriting
      let found = SampleLine.short(rewriting.lines).split(separator: " ")
      #expect(Set(found) == course.expected && found.count == course.expected.count, "seed \(seed)")
      // The log's events are in log order, and ids rise.
      #expect(
        found.filter { course.own.contains($0) } == course.ownStored(in: found), "seed \(seed)")
      let ids = rewriting.lines.map { $0.position!.eventId }
      #expect(ids == ids.sorted(), "seed \(seed)")
      for (held, rest) in zip(course.held, rewriting.rests) where !rest.isUntouched {
        let stored = Set(found + SampleLine.short(rest.before + rest.after).split(separator: " "))
        let isLost = !SampleLine.short(held.lines).split(separator: " ").allSatisfy(stored.contains)
        #expect(rest.isSetAside == isLost, "seed \(seed)")
      }
      let again = BatchRewriting(
        IncomingEvents(course.batch),
        over: [.init(begins: .with, lines: rewriting.lines, isWhole: true)], endsWithLast: true)
      #expect(!again.isChange && again.taken.isEmpty, "seed \(seed)")
    }
  }

  /// An incoming batch, and the held lines.
  struct Course {
    let batch: EventBatch
    let held: [BatchRewriting.Held]
    /// The incoming events, as they would be stored.
    let own: [Substring]
    let isDerived: Bool
    let isWhole: Bool

    init(_ random: inout SeededRandom) {
      let (isDerived, selectsAll) = (Bool.random(using: &random), Bool.random(using: &random))
      self.isDerived = isDerived
      // Ids 10 to 19 are the batch's; some are shared, some the log has lost.
      var words: [String] = []
      for id in 10...19 {
        guard id == 10 || id == 19 || Int.random(in: 0..<5, using: &random) > 0 else { continue }
        words.append("\(id)a")
        if Int.random(in: 0..<4, using: &random) == 0 { words.append("\(id)b") }
      }
      let selected = words.filter { _ in selectsAll || Int.random(in: 0..<3, using: &random) > 0 }
      isWhole = selected == words
      let mark = isDerived ? "'" : ""
      own = selected.map { "\($0)\(mark)"[...] }
      batch = SampleLine.batch(
        words.map { selected.contains($0) ? "\($0)\(mark)" : "(\($0))" }.joined(separator: " "),
        followsOn: true, endsId: true, isDerived: isDerived)
      // Some of the log, lines that it lost or never had, copies and damage, in up to three
      // objects.
      var lines: [(id: Int, word: String)] = []
      for id in 10...19 {
        for tag in ["a", "b", "x"] where Int.random(in: 0..<3, using: &random) == 0 {
          let marks = ["", "", "'", "!"]
          lines.append((id, "\(id)\(tag)\(marks.randomElement(using: &random)!)"))
          if Int.random(in: 0..<8, using: &random) == 0 { lines.append(lines.last!) }
        }
      }
      let cuts = (0..<2).map { _ in Int.random(in: 10...20, using: &random) }.sorted()
      let objects = [
        lines.filter { $0.id < cuts[0] },
        lines.filter { $0.id >= cuts[0] && $0.id < cuts[1] },
        lines.filter { $0.id >= cuts[1] },
      ].filter { !$0.isEmpty }
      held = objects.enumerated().map { index, object in
        BatchRewriting.Held(
          begins: index == 0 ? .with : .within,
          lines: SampleLine.lines(object.map(\.word).joined(separator: " ")), isWhole: true)
      }
    }

    var rewriting: BatchRewriting {
      BatchRewriting(IncomingEvents(batch), over: held, endsWithLast: true)
    }

    /// What is stored afterwards, in no order.
    var expected: Set<Substring> {
      let words = held.flatMap { SampleLine.short($0.lines).split(separator: " ") }
      var expected: Set<Substring> = []
      for word in own {
        let copies = words.filter { $0.prefix(3) == word.prefix(3) && !$0.hasSuffix("!") }
        expected.insert(isDerived && !copies.isEmpty ? copies[0] : word)
      }
      var kept: Set<Substring> = []
      for word in words where !word.hasSuffix("!") {
        let isOwn = own.contains { $0.prefix(3) == word.prefix(3) }
        let comes = own.contains { $0.prefix(2) == word.prefix(2) }
        // Of a word in two forms, the first stays.
        guard !isOwn, !comes || !isWhole, kept.insert(word.prefix(3)).inserted else { continue }
        expected.insert(word)
      }
      return expected
    }

    /// The words of `found` for incoming events, in the log's order.
    func ownStored(in found: [Substring]) -> [Substring] {
      own.filter { found.contains($0) }
    }
  }
}
