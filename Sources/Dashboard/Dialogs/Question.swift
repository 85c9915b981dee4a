import EventPersistence
internal import SecondaryStatus

/// A plain question: the first button changes nothing, and each other button has its answer.
struct Question: Sendable, Hashable {
  enum Answer: Sendable, Hashable {
    case commands([Command])
    case order(Order)
  }

  var title: String
  var lines: [String]
  /// The severity of the first line; nil if that line is not news.
  var severity: Severity?
  var form: Form
  /// One fewer than the buttons.
  var answers: [Answer]
  /// The secondaries whose replays would end with this process, if it is about these.
  var replays: [String]?

  init(title: String, lines: [String], back: String, answers: [(String, Answer)]) {
    self.title = title
    self.lines = lines
    form = Form(buttons: [back] + answers.map(\.0))
    self.answers = answers.map(\.1)
  }

  mutating func press(_ key: Key) -> DialogStep {
    guard case .pressed(let button) = form.take(key) else { return DialogStep() }
    guard button > 0 else { return .over }
    return switch answers[button - 1] {
    case .commands(let commands): DialogStep(isOver: true, commands: commands)
    case .order(let order): DialogStep(isOver: true, order: order)
    }
  }
}

extension Drawing {
  // News comes first, with its sign, and is dropped last.
  func box(_ question: Question) -> DialogBox {
    var rest = question.lines[...]
    var lines: [DialogLine] = []
    if let severity = question.severity, let news = rest.popFirst() {
      let sign = glyphs.sign(severity == .ok ? .ok : .unknown, severity)
      lines = wrapped("\(sign) \(news)", theme.severity(severity), weight: 8)
    }
    lines += rest.flatMap { wrapped($0, theme.plain, weight: 5) }
    return DialogBox(
      title: question.title, lines: lines + [.blank, .buttons], form: question.form)
  }
}
