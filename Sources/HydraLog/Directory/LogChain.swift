import EventPersistence
import Foundation
import Synchronization

/// The segments of a persistence directory in log order: the archives, then the live segment.
///
/// The result for a segment is kept while its stamp stays the same, so that a look at a log of
/// hundreds of archives opens only changed files.
final class LogChain: Sendable {
  /// As it was given.
  private let path: String

  /// Where `path` led when the directory was first there.
  private let pinned: Mutex<String?>

  let bareIndex = BareIndex()
  let longLines = LongLines()
  let notes = LogNotes()
  let times = LogTimes()
  let reads = SharedReads()
  private let memo = ListingMemo()

  private struct Seen {
    var link: LogLink
    /// Whether a write since then would show in the item's stamps.
    var isSettled: Bool
    var acceptsBare: Bool
    /// Whether its ends are those of a record, and it was not opened.
    var isTrusted: Bool

    /// Whether it stays as it is while the item does.
    var isLasting: Bool { isSettled && link.failure == nil && !link.ends.isUncounted }
  }

  private let seen = Mutex<[FileIdentity: Seen]>([:])

  /// The last answer of `lineage(of:)`, if it is the same for the same items: a reader of many small
  /// archives asks at the end of each.
  private let settled = Mutex<
    (items: [LogListing.Item], isTrusting: Bool, lineage: LogLineage)?
  >(nil)

  /// The records of an earlier process.
  private struct Remembered {
    var files: [PrimaryRecord.File] = []
    /// The indices of those about files that this process has not seen yet, by their inodes.
    var unseen: [UInt64: Int] = [:]
    var isTrusted = false
  }

  private let remembered = Mutex(Remembered())

  init(directory: String) {
    path = directory
    pinned = Mutex(RealPath.of(directory))
  }

  /// The directory to read, without links: a link that is pointed elsewhere later leads to another
  /// log.
  var directory: String {
    pinned.withLock { pinned in
      pinned = pinned ?? RealPath.of(path)
      return pinned ?? path
    }
  }

  /// What the directory holds now.
  ///
  /// - Throws: what `LogListing` throws; `.ambiguous` if the path leads to another directory now.
  func listing() throws(SourceError) -> LogListing {
    let directory = directory
    if let now = RealPath.of(path), now != directory {
      throw SourceError(
        .ambiguous,
        "\(path) leads to \(now) now, and led to \(directory) before: these are two logs, and the "
          + "checkpoints of one do not apply to the other. Point it back, or end this process and "
          + "bind each secondary to the new one: hydra-sinks adopt NAME.")
    }
    return try memo.listing(of: directory)
  }

  /// The links as they are now, at least one.
  ///
  /// - Throws: what `LogListing` throws. A segment that cannot be read becomes a link with its
  ///   failure.
  func links() throws(SourceError) -> [LogLink] { try lineage().links }

  /// The same, and the archives that former logs left.
  func lineage() throws(SourceError) -> LogLineage {
    var attempts = 0
    while true {
      let lineage = try lineage(of: listing())
      attempts += 1
      // A rotation between the listing and the look at a file is complete at the next one.
      let isCaught = lineage.links.contains {
        $0.failure?.kind == .changed && !$0.item.name.isArchive
      }
      guard isCaught, attempts < Self.attemptsMax else { return lineage }
    }
  }

  private static let attemptsMax = 100

  /// The answer of `body`, which is asked again if the log changed meanwhile.
  static func retrying<Answer>(_ body: () throws(SourceError) -> Answer)
    throws(SourceError) -> Answer
  {
    var attempts = 0
    while true {
      do throws(SourceError) {
        return try body()
      } catch {
        attempts += 1
        guard error.kind == .changed, attempts < changesMax else { throw error }
      }
    }
  }

  /// How often the log may change during one call.
  private static let changesMax = 5

  func links(of listing: LogListing) -> [LogLink] { lineage(of: listing).links }

  private func lineage(of listing: LogListing) -> LogLineage {
    let isTrusting = remembered.withLock(\.isTrusted)
    if let settled = settled.withLock({ $0 }), settled.isTrusting == isTrusting,
      settled.items == listing.items
    {
      return settled.lineage
    }
    let now = FileStamp.now
    var links: [LogLink] = []
    links.reserveCapacity(listing.items.count)
    for item in listing.items {
      links.append(link(item, at: now, isFirst: links.isEmpty, isTrusting: isTrusting))
    }
    let identities = Set(listing.items.map(\.stamp.identity))
    let isSettled = seen.withLock { seen in
      if seen.count > identities.count { seen = seen.filter { identities.contains($0.key) } }
      return seen.values.allSatisfy { $0.isLasting }
    }
    notes.keep(identities)
    longLines.keep(identities)
    times.keep(identities)
    links = Self.withoutDead(links)
    let kept = Self.withoutMigrated(links)
    var lineage = LogLineage(kept)
    if kept.count < links.count {
      lineage.migrated = links.first { $0.item.name == .migratedFile }
    }
    settled.withLock { $0 = isSettled ? (listing.items, isTrusting, lineage) : nil }
    return lineage
  }

  /// The link of one item, read again only if its stamp changed.
  private func link(
    _ item: LogListing.Item, at now: Int64, isFirst: Bool, isTrusting: Bool
  ) -> LogLink {
    let identity = item.stamp.identity
    var known = seen.withLock { $0[identity] }
    if known?.isTrusted == true, !isTrusting { known = nil }
    if let known, known.link.item == item, known.isLasting, known.acceptsBare == isFirst {
      return known.link
    }
    let isSettled = item.isSettled(at: now)
    var ends = known?.link.ends
    if let stamp = known?.link.item.stamp,
      item.isRewritten(since: stamp.byteCount, stamp.modifiedNanoseconds)
    {
      forgetFound(in: identity)
      ends = nil
    }
    let trusted = known == nil && isSettled && !isFirst && isTrusting ? trustedLink(item) : nil
    let link = trusted ?? read(item, isFirst: isFirst, knowing: ends)
    seen.withLock {
      $0[identity] = Seen(
        link: link, isSettled: isSettled, acceptsBare: isFirst, isTrusted: trusted != nil)
    }
    return link
  }

  private func read(_ item: LogListing.Item, isFirst: Bool, knowing known: SegmentEnds?) -> LogLink
  {
    var segment: (any LogSegment)?
    var ends = SegmentEnds()
    do throws(SourceError) {
      let opened: any LogSegment
      if item.name.isDatabase {
        opened = try DatabaseSegment(
          directory: directory, name: item.path, isArchive: item.name.isArchive)
      } else {
        opened = fileSegment(item, isFirst: isFirst)
      }
      segment = opened
      ends = try opened.ends(knowing: known)
      if let known, !ends.opening.starts(with: known.opening) {
        // A new file has the inode of a removed one.
        forgetFound(in: item.stamp.identity)
        ends = try opened.ends(knowing: nil)
      } else if known == nil, remember(item, ends) {
        ends = try opened.ends(knowing: nil)
      }
      return LogLink(item: item, segment: segment, ends: ends)
    } catch {
      return LogLink(item: item, segment: segment, ends: ends, failure: error)
    }
  }

  private func fileSegment(_ item: LogListing.Item, isFirst: Bool) -> FileSegment {
    FileSegment(
      directory: directory, name: item.path, identity: item.stamp.identity, acceptsBare: isFirst,
      bareIndex: bareIndex, longLines: longLines)
  }

  /// The link of an archive that is as an earlier process saw it, without opening it; nil if that is
  /// not known.
  private func trustedLink(_ item: LogListing.Item) -> LogLink? {
    var ends: SegmentEnds?
    let isKnown = adopt(item) {
      ends = $0.ends(of: item)
      return ends != nil
    }
    guard isKnown, let ends else { return nil }
    return LogLink(item: item, segment: fileSegment(item, isFirst: false), ends: ends)
  }

  /// Omits the one of `state` and `hydra.db` that does not count.
  ///
  /// A migration inserts all events of `state` into `hydra.db` and then renames `state`: until the
  /// database has caught up, the file is the log; from then on the database is.
  private static func withoutDead(_ links: [LogLink]) -> [LogLink] {
    guard let file = links.last(where: { $0.item.name == .file }),
      let database = links.last(where: { $0.item.name == .database })
    else { return links }
    let isCaughtUp: Bool
    if let failure = database.failure {
      isCaughtUp = failure.kind == .unsupported
    } else if let fileLast = file.ends.last {
      isCaughtUp = (database.ends.last?.eventId).map { $0 >= fileLast.eventId } ?? false
    } else {
      isCaughtUp = !database.isEmpty || file.isEmpty
    }
    let dead: LogName = isCaughtUp ? .file : .database
    return links.filter { $0.item.name != dead }
  }

  /// Omits `state.migrated` if the databases still hold its events.
  ///
  /// Releases 2.1 and 2.2 delete at a rotation without an archive: then only this file has the
  /// events from before the migration.
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

  // MARK: - Notes of readers

  /// Notes one read of a reader.
  func note(_ read: SegmentRead, from cursor: SegmentCursor, _ item: LogListing.Item) {
    notes.note(read, from: cursor, item)
    times.note(read, from: cursor, in: item.stamp.identity)
    if !item.name.isDatabase {
      bareIndex.note(from: cursor, to: read.cursor, in: item.stamp.identity)
    }
  }

  /// How much one call of `count` reads.
  private static let countBytes = 8 << 20

  /// The links after all lines without ids are counted, which takes time only when such a log is
  /// first seen.
  func countedLinks() throws(SourceError) -> [LogLink] {
    var links = try links()
    while try count(in: links) { links = try self.links() }
    return links
  }

  /// Continues the count in a file whose lines have no ids; returns false if there is nothing to
  /// count.
  func count(in links: [LogLink]) throws(SourceError) -> Bool {
    guard let link = links.first, link.ends.beginsBare, let file = link.segment as? FileSegment,
      !bareIndex.count(of: file.identity).isEnded
    else { return false }
    let before = bareIndex.count(of: file.identity)
    try file.countLines(byteCount: Self.countBytes) { notes.note($0, from: $1, link.item) }
    return bareIndex.count(of: file.identity) != before
  }

  /// Discards the result for `item`, which turned out wrong: the next look reads it again.
  func forget(_ item: LogListing.Item) {
    let identity = item.stamp.identity
    seen.withLock { $0[identity] = nil }
    settled.withLock { $0 = nil }
    forgetFound(in: identity)
  }

  private func forgetFound(in file: FileIdentity) {
    notes.forget(file)
    bareIndex.forget(file)
    longLines.forget(file)
    times.forget(file)
  }

  /// How far lines without ids are counted: a part of the change token, so that polling continues the count.
  var counted: UInt64 { bareIndex.progress }

  func adopt(_ record: PrimaryRecord, trustingEnds: Bool) {
    remembered.withLock { remembered in
      remembered = Remembered(files: record.files, isTrusted: trustingEnds)
      remembered.unseen.reserveCapacity(record.files.count)
      for (index, file) in record.files.enumerated() { remembered.unseen[file.inode] = index }
    }
    // Files that were seen already are looked at again.
    seen.withLock { $0 = [:] }
    settled.withLock { $0 = nil }
  }

  /// Adopts the record of a file that is first seen; returns false if there is none.
  private func remember(_ item: LogListing.Item, _ ends: SegmentEnds) -> Bool {
    adopt(item) { $0.begins(ends, of: item) }
  }

  /// Adopts the record of a file that is first seen, if `isOfFile`; returns whether it did.
  private func adopt(
    _ item: LogListing.Item, if isOfFile: (PrimaryRecord.File) -> Bool
  ) -> Bool {
    let inode = item.stamp.identity.inode
    let found = remembered.withLock { remembered -> PrimaryRecord.File? in
      guard let index = remembered.unseen[inode], remembered.files[index].isOf(item),
        isOfFile(remembered.files[index])
      else { return nil }
      remembered.unseen[inode] = nil
      return remembered.files[index]
    }
    guard let found else { return false }
    notes.restore(found.notes(item.path), of: item.stamp.identity)
    if let count = found.bareLines { bareIndex.restore(count, of: item.stamp.identity) }
    if let known = found.times { times.restore(known, of: item.stamp.identity) }
    return true
  }

  /// The records of the files of `links`.
  func record(of links: [LogLink]) -> PrimaryRecord {
    var record = PrimaryRecord()
    for link in links {
      let identity = link.item.stamp.identity
      let notes = notes.notes(of: identity)
      let count = bareIndex.count(of: identity)
      let known = times.times(of: identity)
      guard !notes.read.isEmpty || count.through.offset > 0 || known.cursor.place > 0 else {
        continue
      }
      var file = PrimaryRecord.File(link, notes, count.through.offset > 0 ? count : nil)
      if known.cursor.place > 0, known.cursor.skip == 0 { file.times = known }
      let seen = seen.withLock { $0[identity] }
      if let seen, seen.isLasting, seen.link.item == link.item {
        file.ends = PrimaryRecord.Ends(link)
      }
      record.files.append(file)
    }
    return record
  }
}
