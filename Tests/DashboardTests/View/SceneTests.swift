import EventPersistence
import Foundation
import Testing

@testable import Dashboard
@testable import SecondaryStatus

@Suite("each screen")
struct SceneTests {
  @Test(
    "is drawn as stored: five sizes, UTF-8 and ASCII, with colours and without",
    arguments: Scene.allCases)
  func drawn(scene: Scene) {
    expectStored(DrawnScene(scene: scene).text, scene.rawValue)
  }

  @Test(
    "has the same text without colours, and only ASCII in ASCII",
    arguments: Scene.allCases)
  func looks(scene: Scene) {
    for (width, height) in Scene.sizes {
      for isUTF8 in [true, false] {
        var look = Scene.Look(width: width, height: height, isUTF8: isUTF8)
        let colour = DrawnScene.draw(scene, look)
        look.hasColors = false
        let mono = DrawnScene.draw(scene, look)
        #expect(mono.plainText == colour.plainText)
        #expect(mono.cursor == colour.cursor)
        #expect(
          mono.cells.allSatisfy {
            $0.style.foreground == .standard && $0.style.background == .standard
          })
        #expect(colour.isClean && mono.isClean)
      }
    }
  }

  @Test("every panel, dialog and prompt has frames")
  func complete() {
    var seen: Set<Sight> = []
    for scene in Scene.allCases {
      for (width, height) in Scene.sizes {
        seen.formUnion(Sight.of(scene.screen(Scene.Look(width: width, height: height))))
      }
    }
    #expect(Set(Sight.allCases).subtracting(seen).isEmpty)
  }

  @Test("every stored frame is compared with a screen")
  func noLeftovers() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: framesFolder.path)
    let compared = Scene.allCases.map(\.rawValue) + ["keys"]
    #expect(Set(names) == Set(compared.map { "\($0).txt" }))
  }
}

/// What can be on the screen. The switches below have no default: a new page, dialog or prompt does
/// not build until it is here, and fails until a scene shows it.
private enum Sight: CaseIterable {
  case secondaries, events, event, secondary, archives, tags, log, help
  case command, filter, search
  case planning, planned, starting, redrive, rewind, range, newLog, theirs, planError
  case cancel, pause, question
  case nodes, nodesFilter, nodesHelp, noNodes, tooSmall

  static func of(_ screen: any ScreenModel) -> Set<Sight> {
    if let fleet = screen as? Fleet {
      if fleet.layout.isTooSmall { return [.tooSmall] }
      if fleet.isHelpShown { return [.nodesHelp] }
      if fleet.prompt != nil { return [.nodesFilter] }
      return [fleet.nodes.isEmpty ? .noNodes : .nodes]
    }
    guard let model = screen as? Model else { return [] }
    if model.layout.isTooSmall { return [.tooSmall] }
    var sights: Set<Sight> = []
    switch model.page {
    case .overview:
      if model.layout.secondaries != nil { sights.insert(.secondaries) }
      if model.layout.events != nil { sights.insert(.events) }
    case .event: sights.insert(.event)
    case .secondary: sights.insert(.secondary)
    case .archives: sights.insert(.archives)
    case .tags: sights.insert(.tags)
    case .log: sights.insert(.log)
    case .help: sights.insert(.help)
    }
    switch model.prompt?.kind {
    case .command: sights.insert(.command)
    case .filter: sights.insert(.filter)
    case .search: sights.insert(.search)
    case nil: break
    }
    switch model.dialog {
    case .replay(let replay): sights.formUnion(of(replay))
    case .cancel: sights.insert(.cancel)
    case .pause: sights.insert(.pause)
    case .question: sights.insert(.question)
    case nil: break
    }
    return sights
  }

  private static func of(_ replay: ReplayDialog) -> Set<Sight> {
    var sights: Set<Sight> = []
    switch replay.phase {
    case .planning: sights.insert(.planning)
    case .planned: sights.insert(.planned)
    case .starting: sights.insert(.starting)
    }
    switch replay.plan?.kind {
    case .redrive: sights.insert(.redrive)
    case .rewind: sights.insert(.rewind)
    case .range: sights.insert(.range)
    case .newLog: sights.insert(.newLog)
    case nil: break
    }
    if replay.theirs != nil { sights.insert(.theirs) }
    if replay.error != nil { sights.insert(.planError) }
    return sights
  }
}
