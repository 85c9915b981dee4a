/// The part of a dialog that takes keys: fields, then buttons. The focus is on one of them.
struct Form: Sendable, Hashable {
  struct Field: Sendable, Hashable {
    var label: String
    var editor: LineEditor
    /// The dimmed text in it while it is empty.
    var placeholder: String
    /// What is wrong with the typed text.
    var error: String?

    init(_ label: String, text: String = "", placeholder: String = "") {
      self.label = label
      editor = LineEditor(text)
      self.placeholder = placeholder
    }
  }

  var fields: [Field]
  /// The first is the one that changes nothing.
  var buttons: [String]
  /// The index of the focused field; from `fields.count` on, the buttons.
  var focus: Int
  var button = 0
  /// The button that `y` presses: the first if there is no question.
  var yes: Int

  /// Puts the focus on the button that changes nothing.
  init(fields: [Field] = [], buttons: [String]) {
    self.fields = fields
    self.buttons = buttons
    focus = fields.count
    yes = min(1, max(0, buttons.count - 1))
  }

  var isOnButtons: Bool { focus >= fields.count }

  enum Outcome: Sendable, Hashable {
    case unchanged
    /// A field's text changed.
    case edited(Int)
    /// The focus or the marked button moved.
    case moved
    /// A button, by Enter or by its letter; Esc presses the first.
    case pressed(Int)
    /// Enter in a field.
    case entered(Int)
    case notTaken
  }

  mutating func take(_ key: Key) -> Outcome {
    switch key {
    case .escape: return .pressed(0)
    case .tab, .down:
      focus = (focus + 1) % (fields.count + 1)
      return .moved
    case .backTab, .up:
      focus = (focus + fields.count) % (fields.count + 1)
      return .moved
    default: break
    }
    if isOnButtons { return takeOnButtons(key) }
    if key == .enter { return .entered(focus) }
    let before = fields[focus].editor.characters
    guard fields[focus].editor.take(key) else { return .notTaken }
    return fields[focus].editor.characters == before ? .unchanged : .edited(focus)
  }

  private mutating func takeOnButtons(_ key: Key) -> Outcome {
    switch key {
    case .left, .character("h"):
      button = max(0, button - 1)
      return .moved
    case .right, .character("l"):
      button = min(buttons.count - 1, button + 1)
      return .moved
    case .enter: return .pressed(button)
    case .character("n"): return .pressed(0)
    case .character("y"): return .pressed(yes)
    default: return .notTaken
    }
  }
}
