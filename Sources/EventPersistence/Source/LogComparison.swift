/// Whether a log still is the one that was stored.
public enum LogAgreement: Sendable, Hashable {
  /// It is: both have this event. Of the positions compared, it is the last one on which they agree.
  case through(Position)
  /// It is another log, which is proven: none of the positions agrees, and the log's first event
  /// cannot precede them.
  case none
  /// They agree nowhere, but nothing proves that it is another log.
  case unknown
}

/// Compares a log with positions of events that were stored, to tell a log that lost its last
/// events from another log.
///
/// A node that lost its last events (2,000 at most, which it keeps in memory before it writes them)
/// continues after those that it still has. A log that begins anew shares nothing with the old one.
///
/// The cost is a look at the log's ends, and a search for each position: 64 and a few.
struct LogComparison {
  /// How many events a node keeps in memory before it writes them.
  static let unwrittenMax: UInt64 = 2000

  /// Positions that were stored, rising by id. Those with only an id prove nothing.
  private let stored: [Position]

  init(_ stored: [Position]) {
    var ids: Set<UInt64> = []
    // Of two positions with one id the more exact one counts.
    self.stored = stored.filter { !$0.isIdOnly }
      .sorted { ($0.eventId, $0.time == nil ? 1 : 0) < ($1.eventId, $1.time == nil ? 1 : 0) }
      .filter { ids.insert($0.eventId).inserted }
  }

  func agreement(with source: any EventSource) async throws(SourceError) -> LogAgreement {
    // An archive that it is joined with may be one of its predecessor.
    let source = source.nodeLog
    let survey = await source.survey()
    guard survey.state == .live || survey.state == .silent, let first = survey.first,
      let head = survey.head, let highest = stored.last?.eventId
    else { return .unknown }
    let comparable = stored.filter { (first.eventId...head.eventId).contains($0.eventId) }
    var differing: [Position] = []
    if first.time != nil {
      // A time names an event on its own, so one agreement proves that it is the same log.
      for position in comparable.reversed() {
        switch try await compare(position, source) {
        case true? where position.time != nil: return .through(position)
        case false?: differing.append(position)
        default: break
        }
      }
    } else {
      // Tags alone agree by accident, too: only as far as all agree from the beginning on.
      var agreed: Position?
      for position in comparable {
        switch try await compare(position, source) {
        case true? where differing.isEmpty: agreed = position
        case false?: differing.append(position)
        default: break
        }
      }
      if let agreed { return .through(agreed) }
    }
    return isOther(first, differing, highest) ? .none : .unknown
  }

  /// Whether the log has the event at `position`; nil if that cannot be told.
  private func compare(
    _ position: Position, _ source: any EventSource
  ) async throws(SourceError) -> Bool? {
    do throws(SourceError) {
      switch try await source.status(of: position).match {
      case .found: return true
      case .differs, .absent: return false
      case .ahead, .before, .gap: return nil
      }
    } catch {
      guard error.isLoss else { throw error }
      return nil
    }
  }

  /// Whether a log that begins with `first` cannot be the one that was stored, although it may have
  /// lost its last events.
  private func isOther(_ first: Position, _ differing: [Position], _ highest: UInt64) -> Bool {
    // Events follow each other in time, so one that is stored cannot be older than the log's first.
    let isYounger =
      first.time.map { time in
        stored.contains { $0.eventId > first.eventId && $0.time.map { $0 < time } ?? false }
      } ?? false
    if first.tag == "Checkpoint" {
      // A rotation took what came before. It may have followed a loss of the last events.
      let isBeyondALoss = highest > first.eventId + Self.unwrittenMax
      return isBeyondALoss && (isYounger || differing.contains { $0.eventId > first.eventId })
    }
    return isYounger || differing.contains { $0.eventId == first.eventId }
  }
}

extension SecondaryFolder {
  /// What the state knows of the events that were stored: landmarks, the first event, and
  /// `checkpoint`.
  func storedPositions(with checkpoint: Position?) throws(StateError) -> [Position] {
    let binding = try readBinding()
    let landmarks = try readLandmarks()
    let isCurrent = landmarks?.generation == binding?.generation ?? 1
    return (isCurrent ? landmarks?.positions ?? [] : [])
      + [binding?.first, checkpoint].compactMap(\.self)
  }

  /// Whether the log of `source` is the one that this secondary has stored through `checkpoint`.
  package func agreement(
    of checkpoint: Position?, with source: any EventSource
  ) async throws -> LogAgreement {
    try await LogComparison(try storedPositions(with: checkpoint)).agreement(with: source)
  }
}
