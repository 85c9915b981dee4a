import EventPersistence
import Testing

@testable import SecondaryStatus

@Suite("which changes of state are told, and when")
struct StateNoticesTests {
  private typealias Condition = StateNotices.Condition

  private static let ok = Condition(state: "ok", severity: .ok)
  private static let lagging = Condition(state: "lagging", severity: .info)
  private static let stalled = Condition(state: "stalled", severity: .error)
  private static let gap = Condition(state: "gap", severity: .error)

  /// Looks and tells, each second of a test's own clock.
  private struct Stage {
    var notices = StateNotices()
    var limit = Severity.warning
    var now = 0
    /// Whether the program ends well.
    var succeeds = true
    /// `40: ok>stalled`, with the number of changes if states between were passed over.
    var told: [String] = []

    /// The subjects have this condition for so many seconds.
    mutating func show(
      _ condition: Condition, of subjects: [String] = ["archive"], for seconds: Int
    ) {
      let seen = Dictionary(
        uniqueKeysWithValues: subjects.map { ($0, (condition: condition, limit: limit)) })
      for _ in 0..<seconds {
        notices.take(seen, at: .seconds(now))
        if let due = notices.due(at: .seconds(now)) {
          let name = subjects.count > 1 ? "\(due.subject) " : ""
          let changes = due.changes > 1 ? " ×\(due.changes)" : ""
          told.append("\(now): \(name)\(due.from?.state ?? "-")>\(due.to.state)\(changes)")
          notices.ran(due, at: .seconds(now), wasTold: succeeds)
        }
        now += 1
      }
    }
  }

  @Test("a fault and its end are told once each, when they have lasted for a moment")
  func once() {
    var stage = Stage()
    stage.show(Self.ok, for: 20)
    stage.show(Self.stalled, for: 100)
    stage.show(Self.ok, for: 100)
    #expect(stage.told == ["23: ok>stalled", "123: stalled>ok"])
  }

  @Test("a state that lasts for less than a moment is not told")
  func blink() {
    var stage = Stage()
    for _ in 0..<50 {
      stage.show(Self.ok, for: 2)
      stage.show(Self.stalled, for: 2)
    }
    #expect(stage.told.isEmpty)
  }

  @Test("what is below the severity is not told, and is where the next change comes from")
  func limit() {
    var stage = Stage()
    stage.show(Self.lagging, for: 30)
    stage.show(Self.ok, for: 30)
    stage.show(Self.lagging, for: 30)
    #expect(stage.told.isEmpty)
    stage.show(Self.stalled, for: 30)
    stage.show(Self.lagging, for: 30)
    #expect(stage.told == ["93: lagging>stalled", "123: stalled>lagging"])
    var all = Stage(limit: .info)
    all.show(Self.ok, for: 10)
    all.show(Self.lagging, for: 10)
    all.show(Self.ok, for: 10)
    #expect(all.told == ["13: ok>lagging", "23: lagging>ok"])
  }

  @Test("the severity alone is a change")
  func severity() {
    var stage = Stage()
    stage.show(Condition(state: "paused", severity: .info), for: 10)
    stage.show(Condition(state: "paused", severity: .warning), for: 10)
    #expect(stage.told == ["13: paused>paused"])
  }

  @Test("a secondary that flaps has five runs in ten minutes, and then the latest state is told")
  func flapping() {
    var stage = Stage()
    stage.show(Self.ok, for: 10)
    for _ in 0..<20 {
      stage.show(Self.stalled, for: 10)
      stage.show(Self.ok, for: 10)
    }
    stage.show(Self.gap, for: 600)
    #expect(
      stage.told == [
        "13: ok>stalled", "23: stalled>ok", "33: ok>stalled", "43: stalled>ok", "53: ok>stalled",
        "613: stalled>gap ×36",
      ])
  }

  @Test("a state that is again what was told is not told again")
  func backAgain() {
    var stage = Stage()
    for _ in 0..<3 {
      stage.show(Self.stalled, for: 10)
      stage.show(Self.ok, for: 10)
    }
    stage.show(Self.stalled, for: 1000)
    #expect(stage.told.count == StateNotices.runsMax)
    #expect(stage.told.last == "43: ok>stalled")
  }

  @Test("a run that fails is repeated after a minute, five times at most")
  func failures() {
    var stage = Stage(succeeds: false)
    stage.show(Self.ok, for: 10)
    stage.show(Self.stalled, for: 2000)
    #expect(stage.told.map { $0.prefix { $0 != ":" } } == ["13", "73", "133", "193", "253"])
    stage.succeeds = true
    stage.show(Self.ok, for: 10)
    #expect(stage.told.last == "2013: stalled>ok")
  }

  @Test("one that failed and is over tells only the end")
  func failedMeanwhile() {
    var stage = Stage(succeeds: false)
    stage.show(Self.stalled, for: 20)
    stage.succeeds = true
    stage.show(Self.gap, for: 100)
    #expect(stage.told == ["3: ->stalled", "23: ->gap ×2"])
  }

  @Test("what an earlier process told is not told again, but its end is")
  func earlier() {
    let told = ["archive": Self.stalled, "gone": Self.gap]
    var stage = Stage(notices: StateNotices(told: told))
    stage.show(Self.stalled, for: 100)
    #expect(stage.told.isEmpty)
    stage.show(Self.ok, for: 10)
    #expect(stage.told == ["103: stalled>ok"])
    #expect(stage.notices.latest == ["archive": Self.ok, "gone": Self.gap])
  }

  @Test("the first state is told if it is bad, and one that disappears is not told again")
  func first() {
    var stage = Stage()
    stage.show(Self.stalled, for: 10)
    stage.show(Self.ok, of: [], for: 10)
    stage.show(Self.stalled, for: 10)
    #expect(stage.told == ["3: ->stalled"])
    stage.show(Self.ok, for: 1)
    stage.show(Self.ok, of: [], for: 10)
    #expect(stage.told.count == 1, "it was not shown any more")
  }

  @Test("each of several is told, one run at a time, the longest waiting first")
  func several() {
    var stage = Stage()
    stage.show(Self.gap, of: ["b", "a", ""], for: 10)
    #expect(stage.told == ["3:  ->gap", "4: a ->gap", "5: b ->gap"])
  }
}
