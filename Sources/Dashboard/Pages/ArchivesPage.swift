import EventPersistence
internal import SecondaryStatus

/// The node's rotated logs, and its current log.
struct ArchivesPage: Sendable {
  var scroll = Scroll()
  /// It opens only from the overview, so Esc goes back there.
  init() {}

  /// One log: an archive, or the current log.
  struct Row: Sendable, Hashable {
    var path: String
    var first: UInt64?
    var last: UInt64?
    var bytes: UInt64?
    /// Which secondaries still need it; nil for the current log.
    var need: ArchiveNeed?
  }

  /// Rising, with the current log last.
  static func rows(_ observed: Observed) -> [Row] {
    let survey = observed.primary.survey
    let reports = observed.secondaries.map(\.report)
    var rows = survey.archives.map {
      Row(
        path: $0.path, first: $0.firstEventId, last: $0.lastEventId, bytes: $0.bytes,
        need: ArchiveNeed($0, reports))
    }
    guard let head = survey.head else { return rows }
    rows.append(
      Row(
        path: survey.format?.isDatabase == true ? "hydra.db" : "state",
        // A log that was rotated begins with a Checkpoint of the id that its archive ends with.
        first: survey.archives.isEmpty ? survey.first?.eventId : survey.archives.last?.lastEventId,
        last: head.eventId, bytes: survey.liveBytes, need: nil))
    return rows
  }
}
