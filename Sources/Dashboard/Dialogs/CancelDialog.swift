import EventPersistence
internal import SecondaryStatus
internal import Wording

/// "Cancel the replay of cold?"
struct CancelDialog: Sendable, Hashable {
  var name: String
  var form: Form

  static let keep = 0
  static let stay = 2

  init(name: String, _ replay: ReplayRecord, stay: Bool = false) {
    self.name = name
    let orders =
      replay.isReversible ? ["Cancel and restore", "Cancel and keep"] : ["Cancel the replay"]
    form = Form(buttons: ["Close"] + orders)
    if stay, replay.isReversible { form.button = Self.stay }
  }

  mutating func press(_ key: Key) -> DialogStep {
    guard case .pressed(let button) = form.take(key) else { return DialogStep() }
    guard button != Self.keep else { return .over }
    return DialogStep(
      isOver: true, commands: [.cancelReplay(name: name, stay: button == Self.stay)])
  }
}

extension Drawing {
  func box(_ cancel: CancelDialog) -> DialogBox {
    let name = cancel.name
    var lines: [DialogLine] = []
    if let replay = model.secondary(name)?.report.replay {
      lines += wrapped(
        "\(replay.kind.word) of \(name), requested by \(replay.requestedBy)", theme.bold,
        weight: 9)
      var far = "\(Quantity.count(replay.delivered, "event")) delivered"
      if let fraction = replay.fraction { far += ", \(Int(fraction * 100)) %" }
      lines.append(fact("so far", far, theme.plain, weight: 8))
      if replay.isReversible {
        let before = replay.previousCheckpoint?.eventId.map(Quantity.count) ?? "its earlier place"
        lines += wrapped(
          "Restore sets the checkpoint back to \(before), because everything up to there was "
            + "already stored. Keep leaves it where the replay stopped.", theme.plain, weight: 4)
      }
      lines.append(.blank)
      lines.append(.text("It stops after the current batch.", theme.plain, weight: 6))
      lines.append(.text("y cancels it, n closes this.", theme.plain, weight: 7))
    } else {
      lines.append(.text("The replay of \(name) has ended.", theme.plain, weight: 9))
    }
    return DialogBox(title: "Cancel the replay", lines: lines + [.buttons], form: cancel.form)
  }
}
