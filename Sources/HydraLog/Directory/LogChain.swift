import EventPersistence
import Synchronization

/// The segments of a persistence directory in log order: the archives, then what the node writes now.
///
/// What was seen of a segment is kept for as long as its stamp stays the same, so that a look at a log of
/// hundreds of archives opens only what changed.
final class LogChain: Sendable {
  let directory: String
  let bareIndex = BareIndex()

  private struct Seen {
    var item: LogListing.Item
    var acceptsBare: Bool
    var link: LogLink
  }

  private let seen = Mutex<[FileIdentity: Seen]>([:])

  init(directory: String) {
    self.directory = directory
  }

  /// The links as they are now, at least one.
  ///
  /// - Throws: what `LogListing` throws. A segment that cannot be read is a link with its failure.
  func links() throws(SourceError) -> [LogLink] {
    try links(of: LogListing(directory: directory))
  }

  func links(of listing: LogListing) -> [LogLink] {
    var links: [LogLink] = []
    for item in listing.items { links.append(link(item, isFirst: links.isEmpty)) }
    let identities = Set(listing.items.map(\.stamp.identity))
    seen.withLock { seen in seen = seen.filter { identities.contains($0.key) } }
    return Self.withoutMigrated(Self.withoutDead(links))
  }

  /// The link of one item, read anew only if its stamp changed.
  private func link(_ item: LogListing.Item, isFirst: Bool) -> LogLink {
    let identity = item.stamp.identity
    let known = seen.withLock { $0[identity] }
    if let known, known.item == item, known.acceptsBare == isFirst, known.link.failure == nil,
      !known.link.ends.isUncounted
    {
      return known.link
    }
    let link = read(item, isFirst: isFirst, knowing: known?.link.ends)
    seen.withLock { $0[identity] = Seen(item: item, acceptsBare: isFirst, link: link) }
    return link
  }

  private func read(_ item: LogListing.Item, isFirst: Bool, knowing known: SegmentEnds?) -> LogLink
  {
    var link = LogLink(item: item, ends: SegmentEnds())
    do throws(SourceError) {
      let segment: any LogSegment
      if item.name.isDatabase {
        segment = try DatabaseSegment(
          directory: directory, name: item.path, isArchive: item.name.isArchive)
      } else {
        segment = FileSegment(
          directory: directory, name: item.path, identity: item.stamp.identity,
          acceptsBare: isFirst, bareIndex: bareIndex)
      }
      link.segment = segment
      link.ends = try segment.ends(knowing: known)
      link.format = try segment.format(of: link.ends)
    } catch {
      link.failure = error
    }
    return link
  }

  /// Leaves out the one of `state` and `hydra.db` that does not count.
  ///
  /// A migration inserts all events of `state` into `hydra.db` and then renames `state`: until the
  /// database has caught up, the file is the log; from then on the database is.
  private static func withoutDead(_ links: [LogLink]) -> [LogLink] {
    guard let file = links.last(where: { $0.item.name == .file }),
      let database = links.last(where: { $0.item.name == .database })
    else { return links }
    let isCaughtUp: Bool
    if let failure = database.failure {
      isCaughtUp = !failure.canPass
    } else if let fileLast = file.ends.last {
      isCaughtUp = (database.ends.last?.eventId).map { $0 >= fileLast.eventId } ?? false
    } else {
      isCaughtUp = !database.isEmpty || file.isEmpty
    }
    let dead: LogName = isCaughtUp ? .file : .database
    return links.filter { $0.item.name != dead }
  }

  /// Leaves out `state.migrated` where the databases still hold what it held.
  ///
  /// Releases 2.1 and 2.2 delete at a rotation without an archive: then the file is the only one that has
  /// the events from before the migration.
  private static func withoutMigrated(_ links: [LogLink]) -> [LogLink] {
    guard let index = links.firstIndex(where: { $0.item.name == .migratedFile }) else {
      return links
    }
    var rest = links
    let migrated = rest.remove(at: index)
    guard let last = migrated.ends.last,
      let next = rest.first(where: { $0.item.name.isDatabase && $0.ends.first != nil }),
      let first = next.ends.first,
      first.eventId > last.eventId || first.eventId == last.eventId && next.beginsWithRotation
    else { return rest }
    let place = rest.firstIndex { $0.item.name.isDatabase } ?? rest.endIndex
    rest.insert(migrated, at: place)
    return rest
  }
}
