package import EventPersistence

/// Which secondaries still need an archive.
///
/// A secondary needs it if it has not stored the archive's last event, or if a replay goes back
/// before that. If this is not known, or if there is no secondary, the archive is not shown as
/// deletable.
package struct ArchiveNeed: Sendable, Hashable {
  package private(set) var needing: [String] = []
  package private(set) var uncertain: [String] = []
  package let hasSecondaries: Bool
  /// Whether it is of an earlier log of the node: no secondary is driven from it.
  package let isFormer: Bool

  package init(_ archive: Survey.Archive, _ reports: [SecondaryReport]) {
    hasSecondaries = !reports.isEmpty
    isFormer = archive.isFormer
    if isFormer { return }
    for report in reports {
      guard let last = archive.lastEventId, report.severity != .unknown,
        report.state != .diverged, report.state != .newLog
      else {
        uncertain.append(report.name)
        continue
      }
      let isBehind = report.checkpoint?.eventId.map { $0 < last } ?? true
      let isReplayed = report.replay?.from.map { $0.eventId <= last } ?? false
      if isBehind || isReplayed { needing.append(report.name) }
    }
  }

  /// Every secondary has all of it.
  package var mayBeDeleted: Bool {
    needing.isEmpty && uncertain.isEmpty && hasSecondaries && !isFormer
  }

  package var sentence: String {
    if isFormer { return "none: of a log that the node no longer has" }
    var parts: [String] = []
    if !needing.isEmpty { parts.append(needing.joined(separator: ", ")) }
    if !uncertain.isEmpty { parts.append("unknown: \(uncertain.joined(separator: ", "))") }
    if !parts.isEmpty { return parts.joined(separator: "; ") }
    return hasSecondaries ? "none: may be deleted" : "unknown: no secondaries are configured"
  }
}
