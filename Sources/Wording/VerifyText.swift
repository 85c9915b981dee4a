package import EventArchive
internal import EventPersistence

/// The result of a verification, for a person.
package struct VerifyText {
  private let report: VerifyReport
  private let name: String
  /// Nil if the caller adds signs and colours.
  private let paint: Paint?
  /// How many differences and damages are listed one by one.
  private let examplesMax: (differences: Int, damages: Int)

  /// The findings, then the verdict, then how to repair it.
  package static func lines(
    _ report: VerifyReport, name: String, repairs: [String], paint: Paint
  ) -> [String] {
    let text = VerifyText(report: report, name: name, paint: paint, examplesMax: (10, 20))
    var lines = text.findings + [text.verdict]
    if repairs.count > 1 {
      lines.append("To repair it, each of these:")
      lines += repairs.map { "  \(Visible.text($0))" }
    } else if let repair = repairs.first {
      lines.append("To repair it: \(Visible.text(repair))")
    }
    if report.isFaulty, repairs.isEmpty {
      lines.append("No replay can repair it: the primary does not have those events.")
    }
    return lines
  }

  /// The verdict, then the findings, in few lines: for a dialog.
  package static func brief(_ report: VerifyReport, name: String) -> [String] {
    let text = VerifyText(report: report, name: name, paint: nil, examplesMax: (2, 2))
    return [text.verdict] + text.findings
  }

  private func marked(_ sign: String, _ text: String, _ ink: Paint.Ink) -> String {
    paint?.apply(ink, to: "\(sign) \(text)") ?? text
  }

  private func row(_ label: String, _ text: String) -> String {
    "  \(label)  \(Visible.text(text))"
  }

  // MARK: - What was found

  private var findings: [String] {
    var lines: [String] = []
    for (label, found) in [
      ("missing", report.missing), ("extra", report.extra), ("twice", report.twice),
      ("out of order", report.outOfOrder), ("differing", report.differing),
    ] where !found.isEmpty {
      lines.append(
        marked("✖", label, .error) + "  \(Quantity.count(found.events)): \(Self.ranges(found))")
    }
    lines += report.differences.prefix(examplesMax.differences).map { difference in
      row(
        "\(difference.eventId)",
        "\(difference.tag ?? "-") in \(difference.object): \(difference.at)")
    }
    if report.undecodable > 0 {
      lines.append(marked("✖", "damaged", .error) + "  \(Quantity.count(report.undecodable))")
      lines += report.damages.prefix(examplesMax.damages).map { row($0.object, $0.reason) }
    }
    return lines + doubts + notes
  }

  private var doubts: [String] {
    var lines: [String] = []
    if report.unread > 0 {
      let events = report.unexamined
      let expected =
        events.isEmpty
        ? ""
        : "; not examined: \(Quantity.count(events.events)) events, "
          + Self.ranges(events)
      lines.append(
        marked("?", "could not be read", .warning)
          + "  \(Quantity.count(report.unread)) of its objects\(expected)")
      lines += report.failures.prefix(examplesMax.damages).map { row($0.object, $0.reason) }
    }
    if !report.unproven.isEmpty, !report.isFormer {
      lines.append(
        marked("?", "cannot be proven", .warning)
          + "  \(Quantity.count(report.unproven.events)), which the primary no longer has or cannot read: "
          + Self.ranges(report.unproven))
    }
    for hole in report.holes.prefix(examplesMax.damages) {
      let ids = hole.from == hole.through ? "\(hole.from)" : "\(hole.from)-\(hole.through)"
      lines.append(
        marked("?", "nothing to compare with", .warning) + "  \(ids): \(Visible.text(hole.reason))")
    }
    if report.holes.count > examplesMax.damages {
      lines.append(row("and more", "\(report.holes.count - examplesMax.damages)"))
    }
    if !report.incomparable.isEmpty {
      lines.append(
        marked("?", "cannot be compared", .warning)
          + "  \(Quantity.count(report.incomparable.events)), whose ledger values are CBOR in the "
          + "primary and JSON in \(name); all else is the same: "
          + Self.ranges(report.incomparable))
    }
    return lines
  }

  private var notes: [String] {
    var lines: [String] = []
    if report.isFormer || !report.otherGenerations.isEmpty {
      let others = report.otherGenerations.map(String.init).joined(separator: ", ")
      lines.append(
        row(
          "generation",
          "\(report.generation)"
            + (report.isFormer
              ? ", which the node no longer has: its contents were not compared" : "")
            + (others.isEmpty ? "" : "; held as well, and not compared: \(others)")))
    }
    if let count = report.setAside, count > 0 {
      lines.append(row("set aside", "\(count) objects, which were not compared"))
    }
    if report.shorter > 0 {
      lines.append(
        row("superfluous", "\(report.shorter) objects that a longer one has replaced"))
    }
    if report.unselected > 0 {
      lines.append(
        row("not selected", "\(report.unselected) events that the selection now leaves out"))
    }
    if let through = report.retiredThrough {
      lines.append(row("retired", "everything through \(through), by retain"))
    }
    return lines
  }

  private var verdict: String {
    let sentence =
      switch report.verdict {
      case .whole where report.isFormer:
        marked("●", "\(name) is whole: each object can be read, each event is there once", .good)
      case .whole: marked("●", "\(name) holds everything", .good)
      case .differs: marked("✖", "\(name) does not hold what it should", .error)
      case .unproven where report.unread > 0:
        marked("?", "no fault found, but not everything could be read", .warning)
      case .unproven: marked("?", "no fault found, but not everything can be proven", .warning)
      case .interrupted:
        marked("?", "stopped before its end; no fault so far", .warning)
      }
    // Neither the faults nor the counts include what was not compared.
    let isPart = report.isInterrupted || report.unread > 0
    if report.isFormer { return sentence + ": \(Quantity.count(report.held)) held" }
    let end = isPart && report.isFaulty ? ", as far as it was compared" : ""
    return sentence + end
      + ": \(Quantity.count(report.expected)) expected, \(Quantity.count(report.held)) held, "
      + "\(Quantity.count(report.same)) the same"
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
