import EventPersistence
import EventPersistenceTesting
import SecondaryStatus
import Testing

@testable import Dashboard

@Suite struct RandomWalkTests {
  static let keys: [Key] =
    "abcdefghijklmnopqrstuvwxyzRXPTDSNGV:/?+- 0123456789".map(Key.character)
    + [
      .enter, .enter, .escape, .escape, .tab, .backTab, .backspace, .delete, .up, .down, .left,
      .right, .home, .end, .pageUp, .pageDown, .control("u"), .control("d"), .control("l"),
    ]

  @Test(
    "5 000 random keys, pastes, sizes and answers leave a dashboard that works",
    arguments: SeededRandom.seeds([1]))
  func walk(seed: UInt64) {
    var walk = SeededRandom(seed)
    var model = Fixture.model()
    var orphaned = Fixture.audit
    orphaned.report.replay = Fixture.replay(.rewind)
    var last: UInt64 = 1_284_331
    for step in 0..<5000 {
      var commands: [Command] = []
      switch Int.random(in: 0..<100, using: &walk) {
      case 0..<70: commands = model.press(Self.keys.randomElement(using: &walk)!)
      case 70..<76:
        let size = (Int.random(in: 0...150, using: &walk), Int.random(in: 0...50, using: &walk))
        commands = model.update(.resized(width: size.0, height: size.1))
      case 76..<80: commands = model.update(.pasted("audit\n1000"))
      case 80..<90:
        last += 20
        commands = model.update(.arrived(Fixture.rows(20, through: last), left: UInt64(step % 3)))
      case 90..<94:
        let all = [Fixture.archive, Fixture.cold, step % 2 == 0 ? Fixture.audit : orphaned]
        let some = Array(all.prefix(Int.random(in: 0...3, using: &walk)))
        commands = model.update(.observed(Fixture.observed(some)))
      case 94..<97:
        let kinds: [MouseEvent.Kind] = [.click, .doubleClick, .wheelUp, .wheelDown]
        let event = MouseEvent(
          kinds.randomElement(using: &walk)!, column: Int.random(in: 0..<150, using: &walk),
          line: Int.random(in: 0..<50, using: &walk))
        commands = model.update(.mouse(event))
      default: commands = model.update(.tick(Fixture.time(-Double(step) / 10)))
      }
      answer(commands, &model)
      let grid = model.view()
      #expect(grid.isClean)
      if let cursor = grid.cursor {
        #expect(cursor.column < grid.width && cursor.line < grid.height)
      }
    }
    // In any state, Esc closes everything, and q quits.
    for _ in 0..<6 { _ = model.press(.escape) }
    model.replaysHere = []
    _ = model.update(.observed(Fixture.observed()))
    #expect(model.press(.character("q")) == [.quit(.none)])
  }

  @Test(
    "the same over several nodes, in their first view and within them",
    arguments: SeededRandom.seeds([1]))
  func nodes(seed: UInt64) {
    var walk = SeededRandom(seed)
    var fleet = FleetTests.fleet(100, 30)
    for step in 0..<3000 {
      switch Int.random(in: 0..<100, using: &walk) {
      case 0..<75: _ = fleet.update(.key(Self.keys.randomElement(using: &walk)!))
      case 75..<82:
        _ = fleet.update(
          .resized(
            width: Int.random(in: 0...150, using: &walk),
            height: Int.random(in: 0...50, using: &walk)))
      case 82..<86: _ = fleet.update(.pasted("stalled\n!bob"))
      case 86..<90:
        let kinds: [MouseEvent.Kind] = [.click, .doubleClick, .wheelUp, .wheelDown]
        let event = MouseEvent(
          kinds.randomElement(using: &walk)!, column: Int.random(in: 0..<150, using: &walk),
          line: Int.random(in: 0..<50, using: &walk))
        _ = fleet.update(.mouse(event))
      case 90..<96:
        var row = FleetTests.rows.randomElement(using: &walk)!
        if step % 3 == 0 { row.status = nil }
        _ = fleet.update(.nodeSeen(row))
      default:
        let name = fleet.entered?.name ?? "alice"
        _ = fleet.update(.node(name, .observed(Fixture.observed())))
      }
      #expect(fleet.view().isClean)
      if let cursor = fleet.view().cursor {
        #expect(cursor.column < fleet.width && cursor.line < fleet.height)
      }
    }
    for _ in 0..<8 { _ = fleet.update(.key(.escape)) }
    #expect(fleet.entered == nil && fleet.prompt == nil && fleet.shownNodes.count == 4)
    #expect(fleet.update(.key(.character("q"))) == [.quit(.leave)])
  }

  private func answer(_ commands: [Command], _ model: inout Model) {
    for command in commands {
      switch command {
      case .load(let request):
        let rows = Fixture.rows(30, through: 1_000_000)
        _ = model.update(
          .loaded(LoadedRows(request: request, rows: rows, atFirst: false, atHead: true)))
      case .loadEvent(let position):
        _ = model.update(
          .event(EventDetail(position: position, bytes: 1, tokens: EventPageTests.tokens)))
      case .plan(let name, let request):
        let plan = request.from == nil ? Fixture.plan : Fixture.rewind
        _ = model.update(.planned(name: name, request, plan))
      case .execute(let name, _, _):
        _ = model.update(.replayStarted(name: name, id: "r1", here: true))
      default: break
      }
    }
  }
}
