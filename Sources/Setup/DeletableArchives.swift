package import EventPersistence
package import SecondaryStatus

/// Which of a node's rotated logs may be deleted: those that no secondary needs, and of which a
/// whole copy exists elsewhere. Nothing is ever deleted by hydra-sinks.
package struct DeletableArchives: Sendable {
  /// The oldest first.
  package private(set) var archives: [Survey.Archive] = []
  /// Why others stay, each once.
  package private(set) var reasons: [String] = []

  /// The ids of all of them; nil if there are none.
  package var ids: ClosedRange<UInt64>? {
    guard let first = archives.compactMap(\.firstEventId).min(),
      let last = archives.compactMap(\.lastEventId).max(), first <= last
    else { return nil }
    return first...last
  }

  /// - Parameters:
  ///   - secondaries: those of the configuration.
  ///   - migrated: the file that a migration left, if databases hold its events as well.
  package init(
    _ observation: Observation, _ secondaries: [ConfiguredSecondary],
    migrated: Survey.Archive? = nil
  ) {
    let reports = observation.secondaries.map(\.report)
    if let feed = secondaries.first(where: { $0.isFeedWithoutHistory }) {
      note(
        "\(feed.name), a feed, serves its consumers from the node's archives: give it a history")
      return
    }
    for report in reports where report.state == .gap || report.state == .unknown {
      note("\(report.name) is \(report.state.rawValue)")
    }
    guard reasons.isEmpty else { return }
    let copies = observation.secondaries.filter { seen in
      secondaries.contains { $0.name == seen.report.name && $0.isWholeCopy }
    }
    if copies.isEmpty {
      note(
        "no secondary keeps a whole copy: one of kind file or s3 that stores all events, and retires "
          + "none")
      return
    }
    for archive in observation.survey.archives + [migrated].compactMap({ $0 }) {
      let need = ArchiveNeed(archive, reports)
      guard need.mayBeDeleted else {
        note("\(archive.path): needed by \(need.sentence)")
        continue
      }
      guard copies.contains(where: { $0.holds(archive) }) else {
        note(
          "\(archive.path): no copy has all of it: \(copies.map(\.report.name).joined(separator: ", ")) "
            + "began later")
        continue
      }
      archives.append(archive)
    }
  }

  private mutating func note(_ reason: String) {
    if !reasons.contains(reason) { reasons.append(reason) }
  }
}

extension SecondaryObservation {
  /// Whether it has stored all of `archive`, from its first event on.
  fileprivate func holds(_ archive: Survey.Archive) -> Bool {
    guard let first = archive.firstEventId, let last = archive.lastEventId,
      let began = binding?.first?.eventId, let stored = report.checkpoint?.eventId
    else { return false }
    return began <= first && stored >= last && report.verified?.record.isFaulty != true
  }
}

extension ConfiguredSecondary {
  fileprivate var isFeedWithoutHistory: Bool {
    if case .feed = kind { history == nil } else { false }
  }

  /// Whether it keeps every event for good.
  fileprivate var isWholeCopy: Bool {
    guard selection == .all else { return false }
    switch kind {
    case .file(let file): return file.retain == nil
    case .s3: return true
    // The stream's own limits may drop events.
    case .jetstream: return false
    case .command, .feed, .checkpoint: return false
    }
  }
}
