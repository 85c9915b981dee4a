import EventPersistence
internal import SecondaryStatus
internal import Wording

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
  /// The replay that another user started meanwhile.
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

  // MARK: - Keys

  mutating func press(_ key: Key, now: EventTime?) -> DialogStep {
    if theirs != nil || phase == .starting {
      let isBack = key == .escape || form.isOnButtons && key == .character("n")
      return DialogStep(isOver: isBack || theirs != nil && key == .enter)
    }
    if form.isOnButtons, key == .character("y"), isTypedNameNeeded {
      // A rewind and a range start on the typed name alone.
      form.focus = Self.nameField
      return DialogStep()
    }
    switch form.take(key) {
    case .pressed(Self.back): return .over
    case .pressed: return start()
    case .entered(Self.nameField):
      return form.fields[Self.nameField].editor.text.isEmpty ? .over : start()
    case .entered(let field): form.focus = isTypedNameNeeded ? Self.nameField : field + 1
    case .edited(let field): return edited(field, now: now)
    case .unchanged, .moved, .notTaken: break
    }
    return DialogStep()
  }

  mutating func paste(_ text: String, now: EventTime?) -> DialogStep {
    // The name is there to be typed by hand.
    guard !form.isOnButtons, theirs == nil, form.focus != Self.nameField else {
      return DialogStep()
    }
    form.fields[form.focus].editor.insert(text)
    return edited(form.focus, now: now)
  }

  /// Another end needs another plan.
  private mutating func edited(_ field: Int, now: EventTime?) -> DialogStep {
    isReplanned = false
    switch field {
    case Self.nameField: form.fields[field].error = nil
    case Self.reasonField:
      let text = form.fields[field].editor.text.trimmed
      request.reason = text.isEmpty ? nil : text
    default:
      guard readFields(now: now) else { break }
      error = nil
      return askForPlan()
    }
    return DialogStep()
  }

  private mutating func askForPlan() -> DialogStep {
    phase = .planning
    return DialogStep(commands: [.plan(name: name, request)])
  }

  private mutating func start() -> DialogStep {
    guard isExecutable, let plan else { return DialogStep() }
    if isTypedNameNeeded, !isNameTyped {
      form.focus = Self.nameField
      form.fields[Self.nameField].error = "that is not \(name)"
      return DialogStep()
    }
    phase = .starting
    return DialogStep(commands: [.execute(name: name, plan, request)])
  }

  // MARK: - Answers

  /// Takes the answer to an order of this dialog; nil where it is another's.
  mutating func update(_ message: Message) -> DialogStep? {
    switch message {
    case .planned(name, let request, let plan) where asks(request): take(plan)
    case .planFailed(name, let request, let why) where asks(request):
      plan = nil
      refuse(why)
    case .replanned(name, let plan):
      take(plan)
      isReplanned = true
      form.button = Self.back
    case .replayRefused(name, let why): refuse(why)
    case .replayStarted(name, _, _): return .over
    default: return nil
    }
    return DialogStep()
  }

  /// Whether a plan for `request` is one for what the fields say: the reason has no part in it.
  private func asks(_ request: ReplayRequest) -> Bool {
    var request = request
    request.reason = self.request.reason
    return request == self.request
  }

  private mutating func refuse(_ why: String) {
    phase = .planned
    error = why
  }

  /// A replay of the same secondary that another user starts takes the place of the plan; after it has
  /// ended, the plan is made anew.
  mutating func observe(_ observed: Observed) -> DialogStep {
    guard phase != .starting else { return DialogStep() }
    let before = theirs
    theirs = observed.secondaries.first { $0.name == name }?.report.replay
    return before != nil && theirs == nil ? askForPlan() : DialogStep()
  }

  /// Takes a plan: a rewind and a range ask for the name, a re-drive does not.
  private mutating func take(_ plan: ReplayPlan) {
    self.plan = plan
    phase = .planned
    error = nil
    let needsName = plan.kind != .redrive && plan.refused == nil && plan.from != nil
    if needsName, !isTypedNameNeeded {
      let wasOnButtons = form.isOnButtons
      form.fields.append(Form.Field("Type \(name)", placeholder: "to start it"))
      // The name is the question now; the focus stays where a field has it.
      if wasOnButtons { form.focus = Self.nameField }
    } else if !needsName, isTypedNameNeeded {
      form.fields.removeLast()
      if form.focus >= Self.nameField { form.focus = form.fields.count }
    }
  }

  // MARK: - Fields

  /// Reads the fields into `request`; false where one cannot be read, which then says so.
  private mutating func readFields(now: EventTime?) -> Bool {
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
