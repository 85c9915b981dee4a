import EventPersistence
internal import SecondaryStatus
internal import Wording

/// The plan of a replay, both ends of which can be edited, and the question whether to start it.
struct ReplayDialog: Sendable, Hashable {
  enum Phase: Sendable, Hashable {
    /// A plan for `request` has been requested.
    case planning
    case planned
    /// The replay was ordered; the answer has not arrived.
    case starting
  }

  var name: String
  /// The content of the fields; `maxRate`, `clamp` and `history` come only from the command line.
  var request: ReplayRequest
  /// What mends the faults that `verify` found, if there are any.
  var repair: ReplayRequest?
  /// The last plan that arrived, and whether it is for `request`.
  var plan: ReplayPlan?
  var phase = Phase.planning
  /// Why there is no plan, or why it was not started.
  var error: String?
  /// The plan differs from the one that was shown before.
  var isReplanned = false
  /// The replay that another user has started in the meantime.
  var theirs: ReplayRecord?
  var form: Form

  static let fromField = 0
  static let throughField = 1
  static let reasonField = 2
  /// The field for the secondary's name, only for a rewind and a range.
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

  /// Whether it mends what `verify` found.
  var isRepair: Bool {
    repair.map { $0.from == request.from && $0.through == request.through } ?? false
  }

  var isTypedNameNeeded: Bool { form.fields.count > Self.nameField }

  var isNameTyped: Bool {
    isTypedNameNeeded && form.fields[Self.nameField].editor.text == name
  }

  /// Whether the shown plan can be ordered.
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
      // Only the typed name starts a rewind or a range.
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
    // The name must be typed by hand.
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

  /// Takes the answer to an order of this dialog; nil if the answer is for another.
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

  /// Whether a plan for `request` matches the fields; the reason does not matter.
  private func asks(_ request: ReplayRequest) -> Bool {
    var request = request
    request.reason = self.request.reason
    return request == self.request
  }

  private mutating func refuse(_ why: String) {
    phase = .planned
    error = why
  }

  /// If another user starts a replay of the same secondary, it replaces the plan. After it has
  /// ended, the dialog asks for the plan again.
  mutating func observe(_ observed: Observed) -> DialogStep {
    guard phase != .starting else { return DialogStep() }
    let before = theirs
    theirs = observed.secondaries.first { $0.name == name }?.report.replay
    return before != nil && theirs == nil ? askForPlan() : DialogStep()
  }

  /// Takes a plan: it asks for the name, unless it is a re-drive that passes over nothing, or a new
  /// generation: neither touches what is stored.
  private mutating func take(_ plan: ReplayPlan) {
    self.plan = plan
    phase = .planned
    error = nil
    let isHarmless =
      plan.kind == .newLog || plan.kind == .redrive && plan.lost == nil
    let needsName = !isHarmless && plan.refused == nil && plan.from != nil
    if needsName, !isTypedNameNeeded {
      let wasOnButtons = form.isOnButtons
      form.fields.append(Form.Field("Type \(name)", placeholder: "to start it"))
      // The name is now the question; a field keeps the focus.
      if wasOnButtons { form.focus = Self.nameField }
    } else if !needsName, isTypedNameNeeded {
      form.fields.removeLast()
      if form.focus >= Self.nameField { form.focus = form.fields.count }
    }
  }

  // MARK: - Fields

  /// Reads the fields into `request`; false if one cannot be read, which then shows an error.
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
            TimeText.fault(in: text)
            ?? "\(accepts), start, an id, or a time such as 15:04 or "
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
    if let id = Position.id(text.filter { $0 != " " && $0 != "_" }) { return .id(id) }
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
