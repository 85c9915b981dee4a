import EventPersistence
internal import SecondaryStatus

/// What this program reported, for the log panel: notices disappear, the log stays.
struct MessageLog: Sendable {
  /// One report.
  struct Line: Sendable, Hashable {
    var at: EventTime
    /// A secondary, or this program (empty).
    var who: String
    var severity: Severity
    var text: String
    var count = 1
  }

  /// The latest last, at most `countMax`.
  private(set) var lines: [Line] = []

  static let countMax = 500

  mutating func note(_ text: String, _ severity: Severity, at: EventTime?) {
    guard let at else { return }
    let text = EventRow.bounded(text, 4096)
    if let last = lines.last, last.text == text, last.severity == severity {
      lines[lines.count - 1].count += 1
      lines[lines.count - 1].at = at
      return
    }
    lines.append(Line(at: at, who: "", severity: severity, text: text))
    if lines.count > Self.countMax { lines.removeFirst() }
  }

  /// Together with the journals of the secondaries, the latest first.
  func merged(with secondaries: [SecondaryObservation]) -> [Line] {
    var all = lines
    for secondary in secondaries {
      for entry in secondary.journal {
        all.append(
          Line(
            at: entry.lastAt, who: secondary.name, severity: Self.severity(entry),
            text: entry.text, count: entry.count))
      }
    }
    return Array(all.sorted { $0.at > $1.at }.prefix(1000))
  }

  private static func severity(_ entry: JournalEntry) -> Severity {
    if let severity = entry.severity { return severity }
    return switch entry.kind {
    case .error: .error
    case .state: entry.stateNoted?.usualSeverity ?? .info
    case .primary, .sink: .warning
    case .driver, .order, .replay: .info
    }
  }
}
