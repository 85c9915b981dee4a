import EventPersistence
import Synchronization

/// What the metadata of a log and of its secondaries' folders say at one moment, to find out that
/// nothing changed without reading anything: a few `stat` calls a folder, and once a second a query of
/// its lock. (A driver that begins or ends writes to its folder; the lock alone shows that it was killed.)
struct Glance: Sendable {
  private struct Folder: Sendable {
    var lock: String
    var isLocked: Bool?
    /// The folder, which changes as soon as a file in it begins, ends or is replaced; and the files
    /// that are written in place, or lie elsewhere.
    var files: [(path: String, stamp: FileStamp?)]

    init(_ watch: FolderWatch) {
      let folder = watch.folder
      lock = folder.file("lock")
      // The folder first: a file that begins after it was asked for is a change of the folder.
      files = [(folder.path, FileStamp(folder.path))]
      for path in ["journal.jsonl", "replays.jsonl"].map(folder.file) {
        if let stamp = FileStamp(path) { files.append((path, stamp)) }
      }
      if let path = watch.description.checkpointPath { files.append((path, FileStamp(path))) }
      isLocked = Self.isHeld(lock)
    }

    func isSettled(at now: Int64) -> Bool {
      files.allSatisfy { $0.stamp?.isSettled(at: now) ?? true }
    }

    func hasChanged(askingLock: Bool) -> Bool {
      files.contains { FileStamp($0.path) != $0.stamp }
        || askingLock && Self.isHeld(lock) != isLocked
    }

    private static func isHeld(_ lock: String) -> Bool? { try? FolderLock.isHeld(lock) }
  }

  private var sources: [(source: any EventSource, token: ChangeToken)] = []
  private var folders: [Folder]
  /// Whether each later change shows. (The clock of a file system may tick slowly.)
  private let isSettled: Bool
  private let locks: LockQuery

  /// When the locks were queried last.
  private final class LockQuery: Sendable {
    private let askedAt: Mutex<ContinuousClock.Instant>

    init(at instant: ContinuousClock.Instant) { askedAt = Mutex(instant) }

    func isDue(at instant: ContinuousClock.Instant) -> Bool {
      askedAt.withLock { askedAt in
        guard instant - askedAt >= .seconds(1) else { return false }
        askedAt = instant
        return true
      }
    }
  }

  /// Nil if a change of one of the logs cannot be seen by such a look.
  init?(
    of watches: [FolderWatch], source: any EventSource, joined: [String: any EventSource],
    at instant: ContinuousClock.Instant
  ) {
    for source in [source] + joined.values {
      guard let token = source.changeToken(at: instant) else { return nil }
      sources.append((source, token))
    }
    folders = watches.map(Folder.init)
    locks = LockQuery(at: instant)
    let now = FileStamp.now
    isSettled = folders.allSatisfy { $0.isSettled(at: now) }
  }

  func hasChanged(at instant: ContinuousClock.Instant) -> Bool {
    if !isSettled || sources.contains(where: { $0.source.changeToken(at: instant) != $0.token }) {
      return true
    }
    let isAsking = locks.isDue(at: instant)
    return folders.contains { $0.hasChanged(askingLock: isAsking) }
  }
}
