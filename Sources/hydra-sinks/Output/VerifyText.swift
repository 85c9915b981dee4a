import Dashboard
import EventPersistence

/// What a verification found, for a person.
enum VerifyText {
  static func lines(
    _ report: VerifyReport, name: String, repair: String?, paint: Paint, isBrief: Bool = false
  ) -> [String] {
    var lines: [String] = []
    func fault(_ label: String, _ found: IdRanges) {
      guard !found.isEmpty else { return }
      lines.append(
        paint.apply(.error, to: "✖ \(label)") + "  \(Quantity.count(found.events)): "
          + Self.ranges(found))
    }
    func row(_ label: String, _ text: String) { lines.append("  \(label)  \(Visible.text(text))") }
    fault("missing", report.missing)
    fault("extra", report.extra)
    fault("twice", report.twice)
    fault("out of order", report.outOfOrder)
    fault("differing", report.differing)
    for difference in report.differences.prefix(isBrief ? 2 : 10) {
      row(
        "\(difference.eventId)",
        "\(difference.tag ?? "-") in \(difference.object): \(difference.at)")
    }
    if report.undecodable > 0 {
      lines.append(
        paint.apply(.error, to: "✖ damaged") + "  \(Quantity.count(report.undecodable))")
      for damage in report.damages.prefix(isBrief ? 2 : 20) { row(damage.object, damage.reason) }
    }
    if !report.unproven.isEmpty {
      lines.append(
        paint.apply(.warning, to: "? cannot be proven")
          + "  \(Quantity.count(report.unproven.events)), which the primary has not any more: "
          + Self.ranges(report.unproven))
    }
    if !report.incomparable.isEmpty {
      lines.append(
        paint.apply(.warning, to: "? cannot be compared")
          + "  \(Quantity.count(report.incomparable.events)), whose ledger values the primary has as "
          + "CBOR by now and \(name) as JSON; all else is the same: "
          + Self.ranges(report.incomparable))
    }
    notes(report, row)
    lines.append(sentence(report, name, paint))
    if isBrief { return lines }
    if let repair { lines.append("To mend it: \(Visible.text(repair))") }
    if report.isFaulty, repair == nil {
      lines.append("No replay can mend it: the primary does not have those events.")
    }
    return lines
  }

  private static func notes(_ report: VerifyReport, _ row: (String, String) -> Void) {
    if let count = report.setAside, count > 0 { row("set aside", "\(count), no part of this") }
    if report.shorter > 0 {
      row("superfluous", "\(report.shorter) objects that a longer one has taken the place of")
    }
    if report.unselected > 0 {
      row("not selected", "\(report.unselected) events that the selection leaves out by now")
    }
    if let through = report.retiredThrough {
      row("retired", "everything through \(through), by retain")
    }
  }

  private static func sentence(_ report: VerifyReport, _ name: String, _ paint: Paint) -> String {
    let counts =
      "\(Quantity.count(report.expected)) expected, \(Quantity.count(report.held)) held, "
      + "\(Quantity.count(report.same)) the same"
    return switch report.verdict {
    case .whole: paint.apply(.good, to: "● \(name) holds everything") + ": \(counts)"
    case .differs: paint.apply(.error, to: "✖ \(name) does not hold what it should") + ": \(counts)"
    case .unproven:
      paint.apply(.warning, to: "? nothing is wrong as far as it can be told") + ": \(counts)"
    case .interrupted:
      paint.apply(.warning, to: "? stopped before its end, nothing was wrong so far")
        + ": \(counts)"
    }
  }

  /// The first ranges: `10-19, 25, 30-31 and 4 more`.
  private static func ranges(_ found: IdRanges) -> String {
    let shown = found.ranges.prefix(10).map { range in
      range.from == range.through ? "\(range.from)" : "\(range.from)-\(range.through)"
    }
    let more = found.ranges.count - shown.count + found.omitted
    return shown.joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
  }
}
