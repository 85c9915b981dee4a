import EventPersistence
import Testing

@testable import Dashboard
@testable import SecondaryStatus

/// Each key in each mode: on every screen that a user can reach.
@Suite struct KeySweepTests {
  static let keys: [Key] = {
    var keys: [Key] = (0x20..<0x7F).map { .character(Character(Unicode.Scalar($0))) }
    keys += "abcdefghijklmnopqrstuvwxyz".map(Key.control)
    keys += [
      .enter, .escape, .tab, .backTab, .backspace, .delete, .up, .down, .left, .right, .home,
      .end, .pageUp, .pageDown,
    ]
    // Any further key of the table.
    return keys + OrderTable.keyed.flatMap(\.keys).filter { !keys.contains($0) }
  }()

  static let look = Scene.Look(width: 100, height: 30)

  /// What one more key may order outside: only the `y` of a question.
  static let orders: [Scene: [Key: Command]] = [
    .redrive: [.character("y"): .execute(name: "audit", Fixture.plan, ReplayRequest())],
    .newLog: [.character("y"): .execute(name: "audit", Fixture.newLog, ReplayRequest())],
    .replanned: [
      .character("y"): .execute(name: "audit", Stage.otherPlan, ReplayRequest())
    ],
    .cancelRedrive: [.character("y"): .cancelReplay(name: "audit", stay: false)],
    .cancelRewind: [.character("y"): .cancelReplay(name: "audit", stay: false)],
    .resume: [.character("y"): .resume(name: "audit")],
    .orphaned: [.character("y"): .resumeReplay(name: "audit")],
    .drive: [.character("y"): .drive(name: "audit")],
  ]

  @Test(
    "no single key changes anything outside, except y at a question, and T",
    arguments: Scene.allCases)
  func sweep(scene: Scene) {
    let before = scene.screen(Self.look)
    for key in Self.keys {
      var screen = before
      let ordered = screen.update(.key(key)).filter(\.changesSomething)
      let expected = Self.orders[scene]?[key]
      if key == .character("T"), expected == nil, !ordered.isEmpty {
        // It asks a driver to try now: nothing that could be regretted.
        let name = (screen as? Model)?.selectedName ?? ""
        #expect(ordered == [.retry(name: name)])
        #expect((screen as? Model)?.dialog == nil && (screen as? Model)?.prompt == nil)
      } else {
        #expect(ordered == (expected.map { [$0] } ?? []), "\(key)")
      }
    }
  }

  @Test("with --read-only no two keys order anything", arguments: Scene.allCases)
  func readOnly(scene: Scene) {
    var look = Self.look
    look.isReadOnly = true
    let before = scene.screen(look)
    for key in Self.keys {
      var screen = before
      #expect(screen.update(.key(key)).filter(\.changesSomething) == [], "\(key)")
      for second: Key in [.character("y"), .enter] {
        var screen = screen
        #expect(screen.update(.key(second)).filter(\.changesSomething) == [], "\(key) \(second)")
      }
    }
  }

  @Test("each key leaves a screen that can be drawn, and Esc a way back", arguments: Scene.allCases)
  func escapes(scene: Scene) {
    for isUTF8 in [true, false] {
      let before = scene.screen(.init(width: 60, height: 16, isUTF8: isUTF8))
      for key in Self.keys {
        var screen = before
        _ = screen.update(.key(key))
        #expect(screen.view().isClean)
        for _ in 0..<6 { _ = screen.update(.key(.escape)) }
        #expect(screen.isAtHome, "\(key)")
      }
    }
  }
}

extension ScreenModel {
  /// Whether everything is closed.
  fileprivate var isAtHome: Bool {
    if let fleet = self as? Fleet {
      return fleet.entered == nil && fleet.prompt == nil && !fleet.isHelpShown
    }
    guard let model = self as? Model, case .overview = model.page else { return false }
    return model.dialog == nil && model.prompt == nil
  }
}

extension Command {
  /// Whether it changes anything outside of the dashboard and of this process. Without a default: whoever
  /// adds a command says it here.
  var changesSomething: Bool {
    switch self {
    case .execute, .resumeReplay, .cancelReplay, .pause, .resume, .retry, .drive: true
    case .quit(let replays): if case .cancel = replays { true } else { false }
    case .node(_, let command): command.changesSomething
    case .screen, .setInterval, .copyEvent, .load, .loadEvent, .search, .stopSearch, .countTags,
      .stopCounting, .loadHistory,
      .plan, .verify, .stopVerifying, .enterNode:
      false
    }
  }
}
