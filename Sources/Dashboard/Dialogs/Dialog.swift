import EventPersistence

/// A question in front of the page: while it is open, it receives the keys.
///
/// Each kind updates itself; the `DialogStep` that it returns says what must happen outside.
enum Dialog: Sendable {
  case replay(ReplayDialog)
  case cancel(CancelDialog)
  case pause(PauseDialog)
  case question(Question)

  mutating func press(_ key: Key, now: EventTime?) -> DialogStep {
    switch self {
    case .replay(var replay):
      defer { self = .replay(replay) }
      return replay.press(key, now: now)
    case .cancel(var cancel):
      defer { self = .cancel(cancel) }
      return cancel.press(key)
    case .pause(var pause):
      defer { self = .pause(pause) }
      return pause.press(key)
    case .question(var question):
      defer { self = .question(question) }
      return question.press(key)
    }
  }

  mutating func paste(_ text: String, now: EventTime?) -> DialogStep {
    switch self {
    case .replay(var replay):
      defer { self = .replay(replay) }
      return replay.paste(text, now: now)
    case .pause(var pause):
      defer { self = .pause(pause) }
      return pause.paste(text)
    case .cancel, .question: return DialogStep()
    }
  }

  /// Takes the answer to an order; nil if the dialog did not wait for it.
  mutating func update(_ message: Message) -> DialogStep? {
    guard case .replay(var replay) = self else { return nil }
    defer { self = .replay(replay) }
    return replay.update(message)
  }

  mutating func observe(_ observed: Observed) -> DialogStep {
    guard case .replay(var replay) = self else { return DialogStep() }
    defer { self = .replay(replay) }
    return replay.observe(observed)
  }
}

/// The result of a message to a dialog.
struct DialogStep {
  /// The dialog closes.
  var isOver = false
  var commands: [Command] = []
  /// The dialog closes, and this is ordered.
  var order: Order?

  static let over = DialogStep(isOver: true)
}

extension Model {
  /// Passes a message to the open dialog and carries out the result; nil if the dialog does not
  /// take it.
  @discardableResult
  mutating func updateDialog(_ take: (inout Dialog) -> DialogStep?) -> [Command]? {
    guard var open = dialog, let step = take(&open) else { return nil }
    dialog = step.isOver ? nil : open
    return step.commands + (step.order.map { perform($0) } ?? [])
  }
}
