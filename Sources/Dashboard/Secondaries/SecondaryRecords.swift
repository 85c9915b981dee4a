import EventPersistence
internal import Wording

/// What happened to a secondary, the newest first.
extension Drawing {
  func replayLines(_ replays: [ReplayRecord]) -> [Spans] {
    guard !replays.isEmpty else { return [] }
    var lines: [Spans] = [[], [("Replays", theme.bold)]]
    for replay in replays.reversed() {
      let severity: Severity =
        replay.state == .done ? .ok : replay.state == .cancelled ? .warning : .error
      let ends = [replay.from, replay.through].map { $0.map { Quantity.count($0.eventId) } ?? "?" }
      var text = "  \(replay.kind.word) \(ends[0]) to \(ends[1])"
      text += ", \(Quantity.count(replay.delivered)) delivered, by \(replay.requestedBy)"
      if let by = replay.cancelledBy { text += ", cancelled by \(by)" }
      if let reason = replay.reason { text += " · \(reason)" }
      if let error = replay.error { text += " · \(error)" }
      let at = Quantity.since(replay.endedAt ?? replay.at, now: model.now).filled(to: 12)
      lines.append([
        ("  \(at)  ", theme.dim), (replay.state.rawValue.filled(to: 9), theme.severity(severity)),
        (text, theme.plain),
      ])
    }
    return lines
  }

  func journalLines(_ journal: [JournalEntry], _ width: Int) -> [Spans] {
    guard !journal.isEmpty else { return [] }
    var lines: [Spans] = [[], [("Journal", theme.bold)]]
    for entry in journal.reversed().prefix(200) {
      let at = Quantity.moment(entry.lastAt, now: model.now).filled(to: 12)
      var text = entry.text
      if entry.count > 1 {
        let since = Quantity.since(entry.at, now: model.now)
        text += " (\(Quantity.count(UInt64(entry.count))) times since \(since))"
      }
      let isError = entry.kind == .error || entry.severity.map { $0 >= .error } ?? false
      let style = isError ? theme.severity(.error) : theme.plain
      let front: Spans = [
        ("  \(at)  ", theme.dim), (entry.kind.rawValue.filled(to: 9) + "  ", theme.dim),
      ]
      let indent = front.reduce(0) { $0 + $1.0.count }
      let pieces = wrap(text, to: max(12, width - indent), lines: 4)
      for (index, piece) in pieces.enumerated() {
        let lead = index == 0 ? front : [("".filled(to: indent), theme.plain)]
        lines.append(lead + [(piece, style)])
      }
    }
    return lines
  }
}
