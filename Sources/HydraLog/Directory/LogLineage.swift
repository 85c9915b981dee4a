import EventPersistence

/// Which archives in a node's directory are of its current log. The others were left by a log that
/// was deleted before the node began anew.
///
/// Only what is proven is left out. A log begins with a rotation's `Checkpoint`, or with the first
/// event that its node ever wrote. The archive before a `Checkpoint` ends where that rotation was; an
/// archive that has events of the same ids otherwise cannot be of the same log, unless it is the
/// copy of events that the live database still has.
struct LogLineage {
  /// Of the current log, in order.
  private(set) var links: [LogLink]
  /// Archives of former logs, in the order of their names.
  private(set) var former: [LogLink] = []
  /// `state.migrated`, if databases of the log still hold its events.
  var migrated: LogLink?

  init(_ links: [LogLink]) {
    self.links = links
    guard let live = links.last(where: { !$0.isEmpty }), !live.item.name.isArchive else { return }
    // The earliest last: there can be a thousand.
    var kept = [live]
    var rest = links.filter { $0.item.name.isArchive }
    while let earliest = kept.last, earliest.beginsWithRotation,
      let index = rest.lastIndex(where: { $0.precedes(earliest) })
    {
      kept.append(rest.remove(at: index))
    }
    guard let earliest = kept.last else { return }
    let isFormer = { (archive: LogLink) in
      archive.isOutside(earliest) && !kept.contains { archive.isCopy(of: $0) }
    }
    let identities = Set(rest.filter(isFormer).map(\.item.stamp.identity))
    self.links.removeAll { identities.contains($0.item.stamp.identity) }
    former = links.filter { identities.contains($0.item.stamp.identity) }
  }
}

extension LogLink {
  /// Whether it is the archive that the rotation at the beginning of `next` left.
  fileprivate func precedes(_ next: LogLink) -> Bool {
    guard let last = ends.last, let through = next.predecessorLastId else { return false }
    return last.eventId == through && ends.first.map { !$0.agrees(with: next.ends.first!) } ?? true
  }

  /// Whether it cannot lie before `earliest`, with which the log begins as far as it is known.
  fileprivate func isOutside(_ earliest: LogLink) -> Bool {
    guard item.name != .migratedFile, !earliest.ends.beginsDamaged, failure == nil,
      let first = earliest.ends.first, let last = ends.last
    else { return false }
    return last.eventId >= (earliest.predecessorLastId ?? first.eventId)
  }

  /// Whether both have the same events, from the first on: the node writes an archive before it
  /// deletes its rows.
  fileprivate func isCopy(of other: LogLink) -> Bool {
    guard let own = ends.first, let first = other.ends.first else { return false }
    return own.agrees(with: first)
  }
}
