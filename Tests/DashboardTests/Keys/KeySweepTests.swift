import EventPersistence
import Testing

@testable import Dashboard

/// Each key in each mode.
@Suite struct KeySweepTests {
  /// How a mode is come into, from the overview.
  static let modes: [(name: String, keys: [Key])] = [
    ("secondaries", []), ("events", [.tab]), ("event", [.tab, .enter]),
    ("secondary", [.end, .enter]), ("archives", [.character("a")]), ("log", [.character("l")]),
    ("help", [.character("?")]), ("filter", [.character("/")]),
    ("command", [.character(":")]), ("search", [.tab, .enter, .character("/")]),
    ("filtered", [.character("/"), .character("T"), .enter]), ("frozen", [.character("p")]),
    ("zoomed", [.tab, .character("z")]),
    ("replay", [.end, .character("R")]), ("pause", [.end, .character("P")]),
  ]

  static let keys: [Key] =
    (0x20..<0x7F).map { Key.character(Character(Unicode.Scalar($0))) }
    + "abdefhklnuw".map(Key.control)
    + [
      .enter, .escape, .tab, .backTab, .backspace, .delete, .up, .down, .left, .right, .home,
      .end, .pageUp, .pageDown,
    ]

  private func changes(_ command: Command) -> Bool {
    switch command {
    case .execute, .resumeReplay, .cancelReplay, .pause, .resume, .retry, .drive: true
    default: false
    }
  }

  private func mode(_ keys: [Key], _ model: Model) -> Model {
    var model = model
    for key in keys { _ = model.update(.key(key)) }
    return model
  }

  @Test(
    "no key but a capital one orders anything, and what a capital one orders is asked about first")
  func sweep() {
    for (name, entry) in Self.modes {
      let before = mode(entry, Fixture.model(80, 24, rows: Fixture.rows(20)))
      for key in Self.keys {
        var model = before
        let ordered = model.update(.key(key)).filter(changes)
        if ordered.isEmpty { continue }
        // T asks its driver to try now: nothing that could be regretted.
        #expect(key == .character("T") && ordered == [.retry(name: model.selectedName ?? "")])
        #expect(!["replay", "pause", "filter", "command", "search"].contains(name), "\(name)")
      }
    }
  }

  @Test("each key leaves a screen that can be drawn, and Esc a way back", arguments: [true, false])
  func escapes(isUTF8: Bool) {
    for (_, entry) in Self.modes {
      let before = mode(entry, Fixture.model(60, 16, isUTF8: isUTF8, rows: Fixture.rows(20)))
      for key in Self.keys {
        var model = before
        _ = model.update(.key(key))
        #expect(model.view().isClean)
        for _ in 0..<6 { _ = model.press(.escape) }
        guard case .overview = model.page, model.dialog == nil, model.prompt == nil else {
          Issue.record("\(entry) \(key): no way back")
          continue
        }
      }
    }
  }

  @Test("with --read-only no key orders anything")
  func readOnly() {
    for (_, entry) in Self.modes {
      let before = mode(entry, Fixture.model(80, 24, isReadOnly: true, rows: Fixture.rows(20)))
      for key in Self.keys {
        var model = before
        #expect(model.update(.key(key)).filter(changes) == [])
      }
    }
  }
}
