import EventPersistence

/// A question that stands over the page: while it is there, keys go to it.
///
/// Each kind updates itself; what is to happen outside of it is in the `DialogStep` that it returns.
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

  /// Takes the answer to an order; nil where the dialog did not wait for it.
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

/// What comes of a message to a dialog.
struct DialogStep {
  /// The dialog closes.
  var isOver = false
  var commands: [Command] = []
  /// What is ordered in its place, after it has closed.
  var order: Order?

  static let over = DialogStep(isOver: true)
}

extension Model {
  /// Gives the open dialog something to take, and does what comes of it; nil where it takes nothing.
  @discardableResult
  mutating func updateDialog(_ take: (inout Dialog) -> DialogStep?) -> [Command]? {
    guard var open = dialog, let step = take(&open) else { return nil }
    dialog = step.isOver ? nil : open
    return step.commands + (step.order.map { perform($0) } ?? [])
  }
}
