import EventPersistence
import Testing

@testable import Dashboard

/// What each key of the table does on each screen, as one stored text: a key that comes to do something
/// else is seen in the change of a line.
@Suite("what a key does")
struct KeyEffectTests {
  @Test("is as stored, on each screen")
  func effects() {
    var text = ""
    for scene in Scene.allCases {
      let before = scene.screen(KeySweepTests.look)
      var keys: [(effect: String, keys: [String])] = []
      for key in Self.keys {
        var after = before
        let commands = after.update(.key(key))
        let effect = Self.effect(before, after, commands)
        guard !effect.isEmpty else { continue }
        if let index = keys.firstIndex(where: { $0.effect == effect }) {
          keys[index].keys.append(key.label)
        } else {
          keys.append((effect, [key.label]))
        }
      }
      text += "== \(scene)\n"
      for (effect, keys) in keys { text += "\(keys.joined(separator: " ")): \(effect)\n" }
    }
    expectStored(text, "keys")
  }

  /// Those of the table, those that edit, and those that answer a question.
  private static let keys: [Key] = {
    var keys = OrderTable.keyed.flatMap(\.keys)
    keys += [.backspace, .delete, .control("w"), .control("k"), .control("a"), .control("e")]
    return keys + [.character("y"), .character("x"), .character("h")]
  }()

  /// What changed, and which commands follow.
  private static func effect(
    _ before: any ScreenModel, _ after: any ScreenModel, _ commands: [Command]
  ) -> String {
    let facts = zip(facts(before), facts(after))
    var changes = facts.filter { $0.value != $1.value && $1.value.count < 80 }
      .map { $1.value.isEmpty ? "no \($1.name)" : "\($1.name) \($1.value)" }
    // Keys that only move or unfold.
    if changes.isEmpty, before.view() != after.view() { changes = ["another view"] }
    return (changes + commands.map { "-> \($0.name)" }).joined(separator: "; ")
  }

  private static func facts(_ screen: any ScreenModel) -> [(name: String, value: String)] {
    if let fleet = screen as? Fleet {
      return [
        ("node", fleet.selectedName ?? ""), ("entered", fleet.entered?.name ?? ""),
        ("prompt", fleet.prompt?.editor.text ?? ""), ("order", "\(fleet.order)"),
        ("help", fleet.isHelpShown ? "shown" : ""), ("filter", fleet.filter),
        ("notice", fleet.notice?.text ?? ""),
      ]
    }
    guard let model = screen as? Model else { return [] }
    return [
      ("page", "\(model.page)".head),
      ("focus", "\(model.focus)"), ("zoom", model.isZoomed ? "on" : ""),
      ("order", "\(model.table.order)"), ("reversed", model.table.isReversed ? "yes" : ""),
      ("selected", model.table.selectedName ?? ""),
      ("event", model.selectedPosition.map { "\($0.eventId)" } ?? ""),
      ("following", model.stream.isFollowing ? "yes" : "no"),
      ("frozen", model.frozenAt == nil ? "" : "yes"), ("filter", model.stream.filter?.text ?? ""),
      ("search", model.pageSearch), ("mouse", model.hasMouse ? "ours" : ""),
      ("dialog", model.dialog.map { "\($0)".head } ?? ""),
      ("prompt", model.prompt.map { "\($0.kind) \($0.editor.text)" } ?? ""),
      ("notice", model.notice?.text ?? ""),
    ]
  }
}

extension String {
  /// The name of an enum's case without what it holds.
  fileprivate var head: String { String(prefix { $0 != "(" }) }
}

extension Command {
  fileprivate var name: String {
    switch self {
    case .load(let request): "load \("\(request)".head)"
    case .quit(let replays): "quit \("\(replays)".head)"
    case .setInterval(let interval): "interval \(interval)"
    case .node(let name, let command): "\(name) \(command.name)"
    case .screen(let command): "\(command)".head
    default: "\(self)".head
    }
  }
}

extension Key {
  fileprivate var label: String {
    switch self {
    case .character(" "): "Space"
    case .character(let character): String(character)
    case .control(let character): "^\(character)"
    default: "\(self)"
    }
  }
}
