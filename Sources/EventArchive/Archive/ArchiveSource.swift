package import EventPersistence

/// The contents of an archive, as a log: in order, without duplicates.
///
/// Of objects that begin with the same event, the longest is read. An event that comes again, or
/// that goes back, is left out. A damaged object is an error that names it; it is never left out. A
/// reader holds one unpacked object in memory, and about a hundred bytes per object name.
///
/// Positions of an archive of transactions have no tag: the archive does not store it.
package struct ArchiveSource: EventSource {
  package let storage: any ArchiveStorage
  private let times: KnownTimes?

  /// - Parameter times: what is known of the times of the log that it is an archive of. A search for a
  ///   time bisects as far as that reaches; else it reads from the beginning, because a clock that was
  ///   set back may have reached the time before.
  package init(_ storage: any ArchiveStorage, times: KnownTimes? = nil) {
    self.storage = storage
    self.times = times
  }

  /// Reads the manifest, the list of objects, and the first and last of them.
  package func survey() async -> Survey {
    do throws(SourceError) {
      _ = try await storage.manifest()
      let objects = try await storage.objects()
      var survey = Survey(state: .live)
      survey.bytes = objects.reduce(0) { $0 + ($1.byteCount ?? 0) }
      survey.first = try await locate(.first)
      survey.head = try await head()
      return survey
    } catch {
      let state: Survey.State =
        switch error.kind {
        case .missing: .missing
        case .ambiguous: .ambiguous
        default: .unreadable
        }
      return Survey(state: state, sentence: error.message)
    }
  }

  package func changeToken() async -> ChangeToken { await storage.changeToken() }

  package func status(of position: Position?) async throws(SourceError) -> PositionStatus {
    guard let position else {
      return PositionStatus(match: .found, next: try await locate(.first))
    }
    let reader = reader(from: .id(position.eventId))
    var isFound = false
    var other: Position?
    while let batch = try await reader.next(BatchLimits(events: 1000), through: nil) {
      for entry in batch.entries {
        let next = entry.position
        if isFound { return PositionStatus(match: .found, next: next) }
        if next.agrees(with: position) {
          isFound = true
        } else if next.eventId == position.eventId {
          other = next
        } else if let other {
          return PositionStatus(match: .differs(other), next: next)
        } else {
          let first = try await locate(.first)
          let isBefore = first.map { position.eventId < $0.eventId } ?? false
          return PositionStatus(match: isBefore ? .before : .absent, next: next)
        }
      }
    }
    if isFound { return PositionStatus(match: .found, next: nil) }
    return PositionStatus(match: other.map { .differs($0) } ?? .ahead, next: nil)
  }

  package func locate(_ start: Start) async throws(SourceError) -> Position? {
    try await reader(from: start).next(BatchLimits(events: 1), through: nil)?.first
  }

  package func extent(from first: Position, through last: Position) async throws(SourceError)
    -> Extent
  {
    let events = last.eventId >= first.eventId ? last.eventId - first.eventId + 1 : 0
    return Extent(events: events, bytes: nil, firstTime: first.time, lastTime: last.time)
  }

  package func reader(from start: Start) -> any EventReader {
    ArchiveReader(storage, from: start, times: times)
  }

  /// The last event held, from the last object that has one.
  func head() async throws(SourceError) -> Position? {
    let objects = try await storage.listing().objects
    for object in objects.reversed() {
      guard case .lines(let buffer) = try await storage.read(object) else { continue }
      let positions = ArchiveLines(buffer).entries.map(\.position)
      if let highest = positions.map(\.eventId).max() {
        return positions.last { $0.eventId == highest }
      }
    }
    return nil
  }
}
