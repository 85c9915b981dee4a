internal import Wording
import EventPersistence

/// The plan of a replay, both ends of which can be edited, and the question whether to start it.
struct ReplayDialog: Sendable, Hashable {
  enum Phase: Sendable, Hashable {
    /// A plan for `request` is on its way.
    case planning
    case planned
    /// It was ordered; the answer is on its way.
    case starting
  }

  var name: String
  /// What the fields say; `maxRate` and `clamp` come from the command line alone.
  var request: ReplayRequest
  /// The last plan that came, and whether it is that of `request`.
  var plan: ReplayPlan?
  var phase = Phase.planning
  /// Why there is no plan, or why it was not started.
  var error: String?
  /// The plan is another one than was looked at a moment ago.
  var isReplanned = false
  /// Somebody else's replay of the same secondary, which started meanwhile.
  var theirs: ReplayRecord?
  var form: Form

  static let fromField = 0
  static let throughField = 1
  static let reasonField = 2
  /// Where the secondary's name is typed: for a rewind and a range alone.
  static let nameField = 3

  static let back = 0
  static let start = 1

  init(name: String, request: ReplayRequest) {
    self.name = name
    self.request = request
    form = Form(
      fields: [
        Form.Field(
          "From", text: request.from.map(String.init(describing:)) ?? "",
          placeholder: "checkpoint; or start, an id, a time"),
        Form.Field(
          "Through", text: request.through.map(String.init(describing:)) ?? "",
          placeholder: "head; or an id, a time: a range"),
        Form.Field("Reason", text: request.reason ?? "", placeholder: "for the journal"),
      ],
      buttons: ["Cancel", "Start"])
  }

  var isTypedNameNeeded: Bool { form.fields.count > Self.nameField }

  var isNameTyped: Bool {
    isTypedNameNeeded && form.fields[Self.nameField].editor.text == name
  }

  /// Whether what is shown can be ordered.
  var isExecutable: Bool {
    phase == .planned && error == nil && theirs == nil && plan?.refused == nil
      && plan?.from != nil && form.fields.allSatisfy { $0.error == nil }
  }

  /// Takes a plan: a rewind and a range ask for the name, a re-drive does not.
  mutating func take(_ plan: ReplayPlan) {
    self.plan = plan
    phase = .planned
    error = nil
    let needsName = plan.kind != .redrive && plan.refused == nil && plan.from != nil
    if needsName, !isTypedNameNeeded {
      let wasOnButtons = form.isOnButtons
      form.fields.append(Form.Field("Type \(name)", placeholder: "to start it"))
      // The name is the question now; who is in a field stays there.
      if wasOnButtons { form.focus = Self.nameField }
    } else if !needsName, isTypedNameNeeded {
      form.fields.removeLast()
      if form.focus >= Self.nameField { form.focus = form.fields.count }
    }
  }

  /// Reads the fields into `request`; false where one cannot be read, which then says so.
  mutating func readFields(now: EventTime?) -> Bool {
    var isReadable = true
    for (index, accepts) in [(Self.fromField, "checkpoint"), (Self.throughField, "head")] {
      let text = form.fields[index].editor.text.trimmed
      form.fields[index].error = nil
      var target: ReplayRequest.Target?
      if !text.isEmpty, text != accepts {
        target = Self.target(text, now: now)
        if target == nil {
          form.fields[index].error =
            "\(accepts), start, an id, or a time as 15:04 or "
            + "2026-07-15T10:00:00Z"
          isReadable = false
        }
      }
      if index == Self.fromField { request.from = target } else { request.through = target }
    }
    // A range needs both ends to be named.
    if request.from == nil, request.through != nil {
      form.fields[Self.fromField].error = "a range needs its first event: start, an id, a time"
      isReadable = false
    }
    return isReadable
  }

  /// `start`, `checkpoint`, an id (grouped or not), a time: whole, or of the day of `now`.
  static func target(_ text: String, now: EventTime?) -> ReplayRequest.Target? {
    if let target = ReplayRequest.Target(text) { return target }
    if let id = UInt64(text.filter { $0 != " " && $0 != "_" }) { return .id(id) }
    return TimeText.read(text, now: now).map(ReplayRequest.Target.time)
  }
}

extension String {
  /// Without blanks at either end.
  var trimmed: String {
    var text = self[...]
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
