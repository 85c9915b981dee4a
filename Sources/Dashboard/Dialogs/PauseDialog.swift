internal import Wording

/// "Pause cold": why and for how long.
struct PauseDialog: Sendable, Hashable {
  var name: String
  var form: Form

  static let reasonField = 0
  static let forField = 1
  static let remindField = 2

  init(name: String) {
    self.name = name
    form = Form(
      fields: [
        Form.Field("Reason", placeholder: "for the next operator"),
        Form.Field("Resume after", placeholder: "by hand; or 30m, 2h, 1d"),
        Form.Field("Remind after", placeholder: "never; or 30m, 2h, 1d"),
      ],
      buttons: ["Back", "Pause"])
    form.focus = Self.reasonField
  }

  mutating func press(_ key: Key) -> DialogStep {
    switch form.take(key) {
    case .pressed(0): return .over
    case .pressed: return pause()
    case .entered(let field): form.focus = field + 1
    case .edited(let field): form.fields[field].error = nil
    case .unchanged, .moved, .notTaken: break
    }
    return DialogStep()
  }

  mutating func paste(_ text: String) -> DialogStep {
    if !form.isOnButtons { form.fields[form.focus].editor.insert(text) }
    return DialogStep()
  }

  private mutating func pause() -> DialogStep {
    var seconds: [Int: Double] = [:]
    for field in [Self.forField, Self.remindField] {
      let span = form.fields[field].editor.text.filter { !$0.isWhitespace }
      guard !span.isEmpty else { continue }
      guard let value = Quantity.seconds(in: span[...]), value > 0 else {
        form.fields[field].error = "enter 30m, 2h, or 1d; leave empty for none"
        form.focus = field
        return DialogStep()
      }
      seconds[field] = value
    }
    let reason = form.fields[Self.reasonField].editor.text
    return DialogStep(
      isOver: true,
      commands: [
        .pause(
          name: name, reason: reason.allSatisfy(\.isWhitespace) ? nil : reason,
          seconds: seconds[Self.forField], remind: seconds[Self.remindField])
      ])
  }
}

extension Drawing {
  func box(_ pause: PauseDialog) -> DialogBox {
    DialogBox(
      title: "Pause \(pause.name)",
      lines: wrapped(
        "Its driver stops after the current batch; nothing is lost, the lag grows.", theme.plain,
        weight: 2)
        + [
          .blank, .field(PauseDialog.reasonField, weight: 8),
          .field(PauseDialog.forField, weight: 8), .field(PauseDialog.remindField, weight: 7),
          .blank, .buttons,
        ], form: pause.form)
  }
}
