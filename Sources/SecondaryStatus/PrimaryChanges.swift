internal import EventPersistence

/// What a journal tells about the log: that its format changed, that it cannot be used, and that it
/// can be used again.
struct PrimaryChanges {
  private var format: LogFormat?
  private var isUsable: Bool?

  /// The changes since the last look.
  mutating func take(_ survey: Survey, at time: EventTime) -> [JournalEntry] {
    var entries: [JournalEntry] = []
    let judged = survey.judged(by: SilentLimits(), at: time)
    let isNow = judged.survey.state == .live || judged.survey.state == .silent
    if isUsable != isNow, isUsable != nil || !isNow {
      let sentence = survey.sentence.map { ": \($0)" } ?? ""
      entries.append(
        isNow
          ? JournalEntry(.primary, "the log can be read again", .info, at: time)
          : JournalEntry(
            .primary, "the log is \(survey.state.rawValue)\(sentence)", judged.severity, at: time))
    }
    isUsable = isNow
    // A log that is being replaced has no format for a moment.
    if isNow, let found = survey.format {
      if let format, format != found {
        entries.append(
          JournalEntry(
            .primary,
            "the node changed the format of its log, from \(format.rawValue) to \(found.rawValue); "
              + "the delivery continues at the checkpoint", .info, at: time))
      }
      format = found
    }
    return entries
  }
}
