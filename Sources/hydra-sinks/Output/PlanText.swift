import Dashboard
import EventPersistence
import Wording

/// A replay's plan for a person: the current error first, then what, from where, how much, how
/// long.
enum PlanText {
  static func lines(_ plan: ReplayPlan, paint: Paint, now: EventTime = .now) -> [String] {
    var lines: [String] = []
    if let error = plan.standingError {
      lines.append(paint.apply(.error, to: "✖ current error: \(Visible.text(error))"))
    }
    lines.append(
      paint.apply(.bold, to: "\(Visible.text(plan.secondary)): \(title(of: plan.kind))"))
    if let refused = plan.refused {
      lines.append(paint.apply(.error, to: "refused: \(Visible.text(refused))"))
    }
    func row(_ label: String, _ text: String) {
      let padding = String(repeating: " ", count: max(1, 12 - label.count))
      lines.append("  " + paint.apply(.dim, to: label) + padding + Visible.text(text))
    }
    row("checkpoint", plan.checkpoint.map(\.description) ?? "nothing is stored yet")
    if let generation = plan.generation {
      row(
        "generation",
        "\(generation) begins; what is stored stays as generation \(generation - 1)")
    }
    if let from = plan.from, let through = plan.through {
      row("from", end(from, plan.firstTime))
      row("through", end(through, plan.lastTime))
      row(
        "events",
        Quantity.count(plan.events) + (plan.bytes.map { ", \(Quantity.bytes($0))" } ?? ""))
      for (index, part) in plan.partTexts.enumerated() { row(index == 0 ? "out of" : "", part) }
      switch plan.alreadyStored {
      case 0: break
      case nil where plan.isRepeatHarmless:
        row(
          "stored",
          "unknown until it is verified; storing them again is harmless")
      case nil: row("stored", "unknown: the sink cannot tell which of its events the log still has")
      case let count? where plan.isRepeatHarmless:
        row("stored", "\(Quantity.count(count)) of them already; storing them again is harmless")
      case let count?:
        row("stored", "\(Quantity.count(count)) of them already; the sink receives them again")
      }
      row(
        "takes",
        plan.estimatedSeconds.map { "about \(Quantity.duration($0))" }
          ?? "pace unknown: none was measured yet")
    } else if plan.refused == nil {
      row("events", "none to deliver: the sink has everything")
    }
    for note in plan.notes { row("note", note) }
    return lines
  }

  private static func title(of kind: ReplayRecord.Kind) -> String {
    switch kind {
    case .redrive: "re-drive, from the checkpoint to the head"
    case .rewind: "rewind, the checkpoint goes back first"
    case .range: "range, the checkpoint stays"
    case .newLog: "new log, the next generation begins with its first event"
    }
  }

  private static func end(_ position: Position, _ time: EventTime?) -> String {
    position.description
      + ((position.time ?? time).map { " of \($0.text(fractionDigits: 3))" } ?? "")
  }
}
