import EventPersistence

/// One segment of a log as it was last seen: its ends, or the reason why it cannot be read.
///
/// A class, because a look makes lists of a thousand of them.
final class LogLink: Sendable {
  let item: LogListing.Item
  /// Nil if it could not be opened: `failure` says why.
  let segment: (any LogSegment)?
  let ends: SegmentEnds
  let format: LogFormat?
  let failure: SourceError?

  init(
    item: LogListing.Item, segment: (any LogSegment)?, ends: SegmentEnds,
    failure: SourceError? = nil
  ) {
    self.item = item
    self.segment = segment
    self.ends = ends
    self.failure = failure
    format = failure == nil ? segment?.format(of: ends) : nil
  }

  var isEmpty: Bool { ends.first == nil && failure == nil }

  /// Whether nothing in it can be read, and it is at rest.
  var isDead: Bool {
    if case .damaged = failure?.kind { true } else { false }
  }

  /// Whether an event of this id may be among its events.
  func mayHold(_ id: UInt64) -> Bool {
    guard let first = ends.first, first.eventId <= id else { return false }
    if let last = ends.last { return id <= last.eventId }
    switch item.name {
    case .fileArchive(let last), .databaseArchive(let last): return id <= last
    case .file, .database, .migratedFile: return ends.isUncounted || ends.damage != nil
    }
  }

  /// Whether it begins like a log after a rotation: no node writes a `Checkpoint` elsewhere.
  var beginsWithRotation: Bool { ends.first?.tag == "Checkpoint" }

  /// The last id of the archive that a rotation left before this one.
  ///
  /// The `Checkpoint` has the same id; releases 0.22.0 to 0.22.3 gave it the next one, which the
  /// event after it has too.
  var predecessorLastId: UInt64? {
    guard beginsWithRotation, let first = ends.first else { return nil }
    let isEarly = ends.second?.eventId == first.eventId && first.eventId > 0
    return isEarly ? first.eventId - 1 : first.eventId
  }
}
