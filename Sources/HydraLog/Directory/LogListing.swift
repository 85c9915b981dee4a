import EventPersistence
import Foundation
import SystemPackage

/// The parts of a log that a directory holds, by names and `stat` alone.
struct LogListing: Sendable {
  struct Item: Sendable, Hashable {
    /// Relative to the directory.
    var path: String
    var name: LogName
    var stamp: FileStamp
    /// For a live database, its write-ahead log: where new events are written.
    var walStamp: FileStamp?

    /// When an event was last written, in nanoseconds since 1970.
    var written: Int64 {
      max(stamp.modifiedNanoseconds, walStamp?.modifiedNanoseconds ?? .min)
    }
    var bytes: UInt64 { stamp.byteCount + (walStamp?.byteCount ?? 0) }

    /// Whether it was written otherwise than by appending, after it had `bytes` bytes and was
    /// written at `modified`: what was read of it may no longer be in it. A live database changes
    /// in place; its own version shows that.
    func isRewritten(since bytes: UInt64, _ modified: Int64) -> Bool {
      guard name != .database else { return false }
      return stamp.byteCount < bytes
        || stamp.byteCount == bytes && stamp.modifiedNanoseconds != modified
    }

    /// Whether another write would show in the stamps.
    func isSettled(at now: Int64) -> Bool {
      stamp.isSettled(at: now) && walStamp?.isSettled(at: now) ?? true
    }
  }

  /// In log order, live ones last.
  var items: [Item]

  var file: Item? { items.first { $0.name == .file } }
  var database: Item? { items.first { $0.name == .database } }

  /// Looks at `directory`.
  ///
  /// - Throws: `.missing` if it does not exist or holds no log, `.unreadable` if it may not be
  ///   read, `.ambiguous` if a `state` beside a `hydra.db` was written later.
  init(directory: String) throws(SourceError) {
    try self.init(
      Self.steadyItems(in: directory).sorted { $0.name.order < $1.name.order }, directory)
  }

  /// This listing as it is now; nil if that needs a look at all of it.
  ///
  /// For the caller to vouch that no name was added or removed meanwhile. The stamps of archives
  /// that nobody was writing to are not taken again.
  ///
  /// - Throws: `.ambiguous`, as `init(directory:)` does.
  func refreshed(_ directory: String) throws(SourceError) -> LogListing? {
    let now = FileStamp.now
    var changed: [(index: Int, item: Item)] = []
    for index in items.indices
    where !items[index].name.isArchive || !items[index].isSettled(at: now) {
      let file = "\(directory)/\(items[index].path)"
      var item = items[index]
      guard let stamp = FileStamp(file), stamp.type == item.stamp.type else { return nil }
      item.stamp = stamp
      if item.name == .database { item.walStamp = FileStamp("\(file)-wal") }
      if item != items[index] { changed.append((index, item)) }
    }
    // Of a thousand archives, not even a copy is made while nothing changes: the arrays of two looks
    // are one then, and are compared as fast.
    if changed.isEmpty { return self }
    var items = items
    for (index, item) in changed { items[index] = item }
    return try LogListing(items, directory)
  }

  private init(_ items: [Item], _ directory: String) throws(SourceError) {
    self.items = items
    guard items.contains(where: { $0.name != .migratedFile }) else {
      throw Self.missing(directory, isMigrated: !items.isEmpty)
    }
    if let file, let database, file.written > database.written {
      throw Self.ambiguous(directory, file, database)
    }
  }

  // MARK: - Reading the folders

  /// The least number of attempts, and the time, to read the folders until they are the same twice:
  /// on a busy machine, the attempts alone can be over before the node gets to run.
  private static let attemptsMin = 10
  private static let patience = Duration.seconds(1)

  /// The parts of the log at a moment in which no rename hid one.
  ///
  /// Reading a folder while a file in it is renamed can show the file under both names or under
  /// none: a missed archive would look like a loss. So a folder that changed, or may have, is read
  /// again until it is the same twice.
  ///
  /// - Throws: `.changed` if it is not within a second.
  private static func steadyItems(in directory: String) throws(SourceError) -> [Item] {
    var last: [Item]?
    let began = ContinuousClock.now
    var attempts = 0
    while attempts < attemptsMin || ContinuousClock.now - began < patience {
      if attempts >= attemptsMin { usleep(1000) }
      attempts += 1
      let before = FolderStamps(directory)
      let (items, isWhole) = try items(in: directory)
      guard isWhole else { continue }
      if before.isSettled, before == FolderStamps(directory) { return items }
      let isSame = last.map { last in
        last.map(\.path) == items.map(\.path)
          && last.map(\.stamp.identity) == items.map(\.stamp.identity)
      }
      if isSame ?? false { return items }
      last = items
    }
    throw SourceError(
      .changed, "\(directory) changes faster than it can be listed. hydra-sinks tries again.")
  }

  /// The content of the folders, and whether every file that they name exists.
  private static func items(in directory: String) throws(SourceError) -> ([Item], isWhole: Bool) {
    var items: [Item] = []
    var isWhole = true
    for name in try names(in: directory) ?? [] {
      if name == LogName.archiveFolder {
        for archive in try names(in: "\(directory)/\(name)") ?? [] {
          isWhole = try add("\(name)/\(archive)", in: directory, to: &items) && isWhole
        }
      } else {
        isWhole = try add(name, in: directory, to: &items) && isWhole
      }
    }
    return (items, isWhole)
  }

  /// The stamps of both folders.
  struct FolderStamps: Equatable {
    var stamps: [FileStamp?]
    /// Whether the last change is old enough that another one would show.
    var isSettled: Bool

    init(_ directory: String) {
      stamps = ["", "/\(LogName.archiveFolder)"].map { FileStamp(directory + $0) }
      let now = FileStamp.now
      isSettled = stamps.allSatisfy { $0?.isSettled(at: now) ?? true }
    }

    static func == (left: Self, right: Self) -> Bool { left.stamps == right.stamps }
  }

  /// Adds `path` if it is part of a log; returns false if it is gone.
  private static func add(_ path: String, in directory: String, to items: inout [Item])
    throws(SourceError) -> Bool
  {
    guard let name = LogName(path) else { return true }
    let file = "\(directory)/\(path)"
    let stamp: FileStamp
    do throws(Errno) { stamp = try FileStamp(at: file) } catch {
      guard error == .noSuchFileOrDirectory || error == .notDirectory else {
        throw unreadable(file, error)
      }
      // A link without a target is not a file that was just renamed.
      return (try? Stat(file, followTargetSymlink: false)) != nil
    }
    if stamp.type == .directory {
      // An archive's name is no promise, but a live log's is.
      guard !name.isArchive else { return true }
      throw SourceError(
        .unreadable,
        "\(file) is a folder, but the node's log should be a file. "
          + "Is \(directory) the node's --persistence-dir?")
    }
    var item = Item(path: path, name: name, stamp: stamp)
    if name == .database { item.walStamp = FileStamp("\(file)-wal") }
    items.append(item)
    return true
  }

  /// The names in a folder; nil if there is no folder.
  private static func names(in folder: String) throws(SourceError) -> [String]? {
    do throws(Errno) { return try FolderListing.names(in: folder) } catch {
      switch error {
      case .noSuchFileOrDirectory: return nil
      case .notDirectory:
        throw SourceError(
          .unreadable,
          "\(folder) is not a folder: expected hydra-node's --persistence-dir.")
      default: throw unreadable(folder, error)
      }
    }
  }

  // MARK: - Messages

  private static func missing(_ directory: String, isMigrated: Bool) -> SourceError {
    guard FileStamp(directory) != nil else {
      return SourceError(
        .missing,
        "\(directory) does not exist (yet): expected hydra-node's --persistence-dir.")
    }
    if isMigrated {
      return SourceError(
        .missing,
        "\(directory) holds only `state.migrated`, which a node of 2.1 or later leaves beside its "
          + "`hydra.db`, but no `hydra.db`: was it moved or deleted? Put it back. "
          + "To read what `state.migrated` holds, copy it as `state` into a folder of its own.")
    }
    return SourceError(
      .missing,
      "\(directory) holds no log (yet): looked for `state` and `hydra.db`, which a hydra-node "
        + "writes with its first event. Is it the node's --persistence-dir?")
  }

  private static func unreadable(_ path: String, _ error: Errno) -> SourceError {
    if error == .permissionDenied || error == .notPermitted {
      return SourceError(.unreadable, Permission.sentence(path: path))
    }
    return SourceError(.unreadable, "\(path) could not be examined: \(error).")
  }

  private static func ambiguous(_ directory: String, _ file: Item, _ database: Item)
    -> SourceError
  {
    func time(_ nanoseconds: Int64) -> String {
      EventTime(
        seconds: nanoseconds / 1_000_000_000,
        picoseconds: nanoseconds % 1_000_000_000 * 1000
      ).text(fractionDigits: 0)
    }
    return SourceError(
      .ambiguous,
      "\(directory) holds two logs: hydra.db, last written \(time(database.written)), and state, "
        + "written later, \(time(file.written)). Was the node rolled back to 2.0? "
        + "Move the unused one to another folder.")
  }
}
