internal import SecondaryStatus
internal import Wording
import EventPersistence

/// A question that stands over the page: while it is there, keys go to it.
enum Dialog: Sendable {
  case replay(ReplayDialog)
  case cancel(CancelDialog)
  case pause(PauseDialog)
  case question(Question)
}

/// "Cancel the replay of cold?"
struct CancelDialog: Sendable, Hashable {
  var name: String
  var form: Form

  static let keep = 0
  static let putBack = 1
  static let stay = 2

  init(name: String, kind: ReplayRecord.Kind, stay: Bool = false) {
    self.name = name
    // Only a rewind has moved the checkpoint.
    let orders = kind == .rewind ? ["Cancel, put back", "Cancel, stay"] : ["Cancel the replay"]
    form = Form(fields: [], buttons: ["Go on"] + orders)
    if stay, kind == .rewind { form.button = Self.stay }
  }
}

/// "Pause cold": why and for how long.
struct PauseDialog: Sendable, Hashable {
  var name: String
  var form: Form

  static let reasonField = 0
  static let forField = 1

  init(name: String) {
    self.name = name
    form = Form(
      fields: [
        Form.Field("Reason", placeholder: "for whoever looks next"),
        Form.Field("Remind after", placeholder: "never; or 30m, 2h, 1d"),
      ],
      buttons: ["Back", "Pause"])
    form.focus = 0
  }

  var reason: String? {
    let text = form.fields[Self.reasonField].editor.text
    return text.allSatisfy(\.isWhitespace) ? nil : text
  }

  /// Nil: never. Throws nothing: what cannot be read is the field's error.
  var seconds: Double?? {
    let text = form.fields[Self.forField].editor.text.filter { !$0.isWhitespace }
    if text.isEmpty { return .some(nil) }
    guard let seconds = Quantity.seconds(in: text[...]), seconds > 0 else { return nil }
    return .some(seconds)
  }
}

/// A plain question: the first answer changes nothing, and each other one has its commands.
struct Question: Sendable, Hashable {
  var title: String
  var lines: [String]
  /// The button that `y` presses: the first answer, where one is asked for.
  var yes: Int
  /// Of what the first line says; nil: it is no news.
  var severity: Severity?
  var form: Form
  /// One less than the buttons.
  var commands: [[Command]]
  /// What the first answer goes on with: the plan of a replay.
  var plan: (name: String, request: ReplayRequest)? {
    get { planned.map { ($0.name, $0.request) } }
    set { planned = newValue.map { Planned(name: $0.name, request: $0.request) } }
  }
  private var planned: Planned?

  private struct Planned: Sendable, Hashable {
    var name: String
    var request: ReplayRequest
  }

  init(title: String, lines: [String], back: String, answers: [(String, [Command])]) {
    self.title = title
    self.lines = lines
    form = Form(fields: [], buttons: [back] + answers.map(\.0))
    commands = answers.map(\.1)
    yes = answers.isEmpty ? 0 : 1
  }
}
