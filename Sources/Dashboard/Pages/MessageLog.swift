import EventPersistence
internal import SecondaryStatus

/// What this program reported, for the log panel: notices disappear, the log stays.
struct MessageLog: Sendable {
  /// The latest last, at most `countMax`.
  private(set) var lines: [LogLine] = []

  static let countMax = 500

  mutating func note(_ text: String, _ severity: Severity, at: EventTime?) {
    guard let at else { return }
    let text = EventRow.bounded(text, 4096)
    if let last = lines.last, last.text == text, last.severity == severity {
      lines[lines.count - 1].count += 1
      lines[lines.count - 1].at = at
      return
    }
    lines.append(LogLine(at: at, who: "", severity: severity, text: text))
    if lines.count > Self.countMax { lines.removeFirst() }
  }

  /// Together with the journals of the secondaries, the latest first.
  func merged(with secondaries: [SecondaryObservation]) -> [LogLine] {
    LogLine.newest(1000, of: lines + LogLine.lines(of: secondaries))
  }
}
