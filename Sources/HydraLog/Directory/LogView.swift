import EventPersistence

/// One look at a log: its links in order, and where positions are in them.
///
/// Events in two segments (an archive written while the live database still had its rows) count
/// once: in the next segment, reading continues after the last event read.
struct LogView: Sendable {
  let links: [LogLink]

  // MARK: - Ends

  /// The first event that can be read; nil also if it is not known yet.
  var first: Position? { links.first { !$0.isEmpty && !$0.isDead }?.ends.first }

  /// The last whole event; nil also if it is not known yet.
  var head: Position? { links.last { !$0.isEmpty }?.ends.last }

  // MARK: - Lost and shared ids

  /// The ids that are provably lost before the link at `index`: it begins with a rotation's
  /// `Checkpoint`, and the archive of this rotation is missing.
  func missing(before index: Int) -> ClosedRange<UInt64>? {
    guard let through = links[index].predecessorLastId else { return nil }
    var from: UInt64 = 0
    for link in links[..<index].reversed() where !link.isEmpty {
      // An unreadable archive may be the missing one: nothing is proven.
      guard let last = link.ends.last else { return nil }
      guard last.eventId < through, last.eventId + 1 < links[index].ends.first!.eventId else {
        return nil
      }
      from = last.eventId + 1
      break
    }
    return from <= through ? from...through : nil
  }

  var missing: [ClosedRange<UInt64>] { links.indices.compactMap(missing(before:)) }

  /// Ids that two events share: a `Checkpoint` and the last event of the archive before it, or the event after
  /// it (0.22.0 to 0.22.3).
  var sharedIds: [UInt64] {
    var sharedIds: [UInt64] = []
    var last: Position?
    for link in links {
      guard let first = link.ends.first else { continue }
      if link.beginsWithRotation {
        let sharesId = last.map { $0.eventId == first.eventId && !$0.agrees(with: first) } ?? false
        if sharesId || link.ends.second?.eventId == first.eventId {
          sharedIds.append(first.eventId)
        }
      }
      last = link.ends.last
    }
    return sharedIds
  }

  // MARK: - Links

  func index(of link: LogLink) -> Int? { index(of: link.item.stamp.identity) }

  /// From the end, where most readers are, and without a copy of any link: there can be a thousand.
  func index(of identity: FileIdentity) -> Int? {
    links.indices.last { links[$0].item.stamp.identity == identity }
  }

  /// Why the link at `index` cannot be read, unless the next one has its events too: a database
  /// still has its rows while the node writes the archive of them.
  func failure(at index: Int) -> SourceError? {
    guard let failure = links[index].failure else { return nil }
    guard let next = links[index...].first(where: { $0.ends.first != nil }) else { return failure }
    guard let through = next.predecessorLastId else {
      return next.ends.beginsDamaged ? continuing(failure, after: links[index]) : nil
    }
    let last = links[..<index].last { $0.ends.last != nil }?.ends.last
    return last.map { $0.eventId >= through } ?? false
      ? nil : continuing(failure, after: links[index])
  }

  /// `error`, with the first event after `link` if it is damage that nothing in `link` follows.
  func continuing(_ error: SourceError, after link: LogLink) -> SourceError {
    guard case .damaged(next: nil) = error.kind, let index = index(of: link),
      let next = firstEvent(after: index)
    else { return error }
    return SourceError(.damaged(next: next), error.message)
  }

  private func firstEvent(after index: Int) -> Position? {
    links[(index + 1)...].first { $0.ends.first != nil }?.ends.first
  }

  /// Whether reading from `id` on begins after the link at `index`: it is damaged at its end, and the
  /// next one begins with this id.
  func isPassedOver(_ index: Int, by id: UInt64) -> Bool {
    guard links[index].isDead || links[index].ends.damage != nil else { return false }
    return firstEvent(after: index)?.eventId == id
  }

  static func gap(_ lost: ClosedRange<UInt64>) -> SourceError {
    SourceError(
      .gap(lost),
      "The events \(lost.lowerBound) to \(lost.upperBound) are lost: the node rotated its log, "
        + "and the archive that had them is missing. Put the archive back, or continue without "
        + "them: a replay with --clamp.")
  }
}
