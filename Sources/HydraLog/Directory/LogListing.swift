import EventPersistence
import Foundation

/// Which parts of a log lie in a directory, by names and `stat` alone.
struct LogListing: Sendable {
  struct Item: Sendable, Hashable {
    /// Relative to the directory.
    var path: String
    var name: LogName
    var stamp: FileStamp
    /// Of a live database, its write-ahead log: where new events land.
    var walStamp: FileStamp?

    /// When an event was last written, in nanoseconds since 1970.
    var written: Int64 { max(stamp.modified, walStamp?.modified ?? .min) }
    var bytes: UInt64 { stamp.bytes + (walStamp?.bytes ?? 0) }
  }

  /// In log order, live ones last.
  var items: [Item]

  var file: Item? { items.first { $0.name == .file } }
  var database: Item? { items.first { $0.name == .database } }

  /// Looks at `directory`.
  ///
  /// - Throws: `.missing` where it is not there or holds no log, `.unreadable` where it may not be read,
  ///   `.ambiguous` where a `state` beside a `hydra.db` was written later.
  init(directory: String) throws(SourceError) {
    items = try Self.steadyItems(in: directory).sorted { $0.name.order < $1.name.order }
    guard items.contains(where: { $0.name != .migratedFile }) else {
      throw Self.missing(directory, isMigrated: !items.isEmpty)
    }
    if let file, let database, file.written > database.written {
      throw Self.ambiguous(directory, file, database)
    }
  }

  // MARK: - Reading the folders

  /// How often the folders are read at least until they hold still, and for how long: on a busy machine the
  /// attempts alone are over before the node was given a turn.
  private static let attemptsMin = 10
  private static let patience = Duration.seconds(1)

  /// The parts of the log, of a moment in which no rename hid one.
  ///
  /// Reading a folder while a file in it is renamed can give the file under both names or under none: an
  /// archive that is missed would look like a loss. So a folder that changed, or may have, is read again,
  /// until it was the same twice.
  ///
  /// - Throws: `.changed` where it is not within a second.
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
      .changed, "\(directory) changes faster than it can be listed: the next look may succeed.")
  }

  /// What the folders hold, and whether all that they named was there.
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
  private struct FolderStamps: Equatable {
    var stamps: [FileStamp?]
    /// Whether the last change is long enough ago that another one would show.
    var isSettled: Bool

    init(_ directory: String) {
      stamps = ["", "/\(LogName.archiveFolder)"].map { try? FileStamp.at(directory + $0).get() }
      let latest = stamps.compactMap { $0?.modified }.max() ?? .min
      isSettled = latest < FileStamp.now - FileStamp.settling
    }

    static func == (left: Self, right: Self) -> Bool { left.stamps == right.stamps }
  }

  /// Adds `path` where it is part of a log; false where it is not there any more.
  private static func add(_ path: String, in directory: String, to items: inout [Item])
    throws(SourceError) -> Bool
  {
    guard let name = LogName(path) else { return true }
    switch FileStamp.at("\(directory)/\(path)") {
    case .success(let stamp):
      if stamp.isDirectory {
        // An archive's name is no promise, but a live log's is.
        guard !name.isArchive else { return true }
        throw SourceError(
          .unreadable,
          "\(directory)/\(path) is a folder, where the node's log was expected to be a file. "
            + "Is \(directory) what hydra-node got as --persistence-dir?")
      }
      var item = Item(path: path, name: name, stamp: stamp)
      if name == .database {
        item.walStamp = try? FileStamp.at("\(directory)/\(path)-wal").get()
      }
      items.append(item)
      return true
    case .failure(let failure) where failure.isAbsence:
      // A link that leads nowhere has been there all the time.
      var status = stat()
      return lstat("\(directory)/\(path)", &status) == 0
    case .failure(let failure):
      throw unreadable("\(directory)/\(path)", failure)
    }
  }

  /// The names in a folder; nil where it is not there.
  private static func names(in folder: String) throws(SourceError) -> [String]? {
    guard let stream = opendir(folder) else {
      let failure = FileStamp.Failure(code: errno)
      if failure.code == ENOTDIR {
        throw SourceError(
          .unreadable,
          "\(folder) is not a folder: expected hydra-node's --persistence-dir there.")
      }
      if failure.isAbsence { return nil }
      throw unreadable(folder, failure)
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      names.append(name)
    }
    return names
  }

  // MARK: - Sentences

  private static func missing(_ directory: String, isMigrated: Bool) -> SourceError {
    guard case .success = FileStamp.at(directory) else {
      return SourceError(
        .missing,
        "\(directory) is not there (yet): expected hydra-node's --persistence-dir.")
    }
    if isMigrated {
      return SourceError(
        .missing,
        "\(directory) holds `state.migrated` alone, which a node of 2.1 or later leaves behind beside the "
          + "`hydra.db` that it goes on in, and no `hydra.db`: was it moved or deleted? Put it back. "
          + "To read what `state.migrated` holds, copy it as `state` into a folder of its own.")
    }
    return SourceError(
      .missing,
      "\(directory) holds no log (yet): looked for `state` and `hydra.db`, which a hydra-node writes "
        + "with its first event. Is it what hydra-node got as --persistence-dir?")
  }

  private static func unreadable(_ path: String, _ failure: FileStamp.Failure) -> SourceError {
    if failure.isForbidden { return SourceError(.unreadable, Permission.sentence(path: path)) }
    let reason = String(cString: strerror(failure.code))
    return SourceError(.unreadable, "\(path) could not be looked at: \(reason).")
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
        + "Move the one that is dead to another folder.")
  }
}
