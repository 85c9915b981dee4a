import EventPersistence

/// One look at a log: its links in order, and how positions stand in them.
///
/// What one segment holds of another (an archive that was written while the live database still had its
/// rows) counts once: passing from one segment to the next goes on behind the last event passed.
struct LogView: Sendable {
  let links: [LogLink]

  /// Between two events: a link and a cursor in its segment.
  struct Place {
    var link: LogLink
    var cursor: SegmentCursor
  }

  // MARK: - Ends

  var first: Position? { links.first { !$0.isEmpty }?.ends.first }

  /// The last whole event; nil also where it is not known yet.
  var head: Position? { links.last { !$0.isEmpty }?.ends.last }

  // MARK: - What is lost, what stands twice

  /// The ids that are lost, provably, before the link at `index`: it begins with a rotation's
  /// `Checkpoint`, and the archive that this rotation left is not there.
  func missing(before index: Int) -> ClosedRange<UInt64>? {
    guard let through = links[index].predecessorLastId else { return nil }
    var from: UInt64 = 0
    for link in links[..<index].reversed() where !link.isEmpty {
      // An archive that cannot be read may be the one: nothing is proven.
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

  /// Ids that stand twice: a `Checkpoint` and the last event of the archive before it, or the event behind
  /// it (0.22.0 to 0.22.3).
  var sharedIds: [UInt64] {
    var sharedIds: [UInt64] = []
    var last: Position?
    for link in links {
      guard let first = link.ends.first else { continue }
      if link.beginsWithRotation {
        let sharesId = last.map { $0.eventId == first.eventId && !$0.agrees(with: first) } ?? false
        if sharesId || link.ends.second?.eventId == first.eventId { sharedIds.append(first.eventId) }
      }
      last = link.ends.last
    }
    return sharedIds
  }

  // MARK: - Passing on

  /// The link behind that of `identity`, which ended with `position`, and where in it to go on; nil where
  /// nothing follows yet.
  ///
  /// - Throws: `.gap` where what follows is lost, the failure of a segment that is needed.
  func place(behind identity: FileIdentity, _ position: Position?) throws(SourceError) -> Place? {
    guard let index = links.firstIndex(where: { $0.item.stamp.identity == identity }) else {
      throw SourceError(.changed, "the segment that was read is not part of the log any more.")
    }
    var failure: SourceError?
    for next in links.index(after: index)..<max(links.endIndex, index + 1) {
      let link = links[next]
      if let found = link.failure {
        failure = failure ?? found
        continue
      }
      guard let first = link.ends.first, let segment = link.segment else { continue }
      guard let position else { return Place(link: link, cursor: .start) }
      let sharesId =
        first.eventId == position.eventId && link.beginsWithRotation
        && !first.agrees(with: position)
      if first.eventId > position.eventId || sharesId {
        if let failure, first.eventId > position.eventId + 1 { throw failure }
        if let lost = missing(before: next), lost.upperBound > position.eventId {
          throw Self.gap(max(lost.lowerBound, position.eventId + 1)...lost.upperBound)
        }
        return Place(link: link, cursor: .start)
      }
      // It holds events of the segment before it as well.
      if let place = try find(position, in: link)?.place { return place }
      if let last = link.ends.last, last.eventId <= position.eventId { continue }
      return Place(link: link, cursor: try segment.locate(id: position.eventId + 1))
    }
    if let failure { throw failure }
    return nil
  }

  static func gap(_ lost: ClosedRange<UInt64>) -> SourceError {
    SourceError(
      .gap(lost),
      "The events \(lost.lowerBound) to \(lost.upperBound) are lost: the node rotated its log, and the "
        + "archive that had them is not there. Put the archive back, or go on without them: "
        + "a replay with --clamp.")
  }
}

extension LogSegment {
  /// The event at `cursor` and the cursor behind it; nil where none stands there yet.
  func event(at cursor: SegmentCursor) throws(SourceError) -> (
    event: Position, behind: SegmentCursor
  )? {
    var cursor = cursor
    while true {
      let read = try read(from: cursor, BatchLimits(events: 1, bytes: 16 << 10))
      if let batch = read.batch { return (batch.last, read.cursor) }
      if read.torn.isEmpty || read.cursor.place == cursor.place { return nil }
      cursor = read.cursor
    }
  }
}
