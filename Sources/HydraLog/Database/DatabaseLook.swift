internal import EventPersistence
internal import Foundation

/// One look at a database's files, by `stat` alone.
struct DatabaseLook: Sendable, Hashable {
  /// What `stat` says of one file, as far as a change shows in it.
  struct File: Sendable, Hashable {
    var identity: FileIdentity
    var bytes: UInt64
    var modifiedNanoseconds: Int64
    var changedNanoseconds: Int64
  }

  /// With symbolic links resolved, as SQLite does it: its companions stand beside the real file.
  var path: String
  var database: File
  var writeAheadLog: File?
  var sharedMemory: File?
  var journal: File?
  /// The wall clock at the look.
  var atNanoseconds: Int64

  init(path: String) throws(SourceError) {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    atNanoseconds = Self.nanoseconds(now)
    guard let real = realpath(path, nil) else { throw Self.failure(path: path, error: errno) }
    self.path = String(cString: real)
    free(real)
    guard let database = try Self.file(self.path) else {
      throw Self.failure(path: path, error: ENOENT)
    }
    self.database = database
    writeAheadLog = try Self.file(self.path + "-wal")
    sharedMemory = try Self.file(self.path + "-shm")
    journal = try Self.file(self.path + "-journal")
  }

  /// Whether what was read between `earlier` and this look was the same all the while, if it was read
  /// without SQLite's locks.
  func showsNoChange(since earlier: DatabaseLook) -> Bool {
    path == earlier.path && database == earlier.database && writeAheadLog == nil
      && earlier.writeAheadLog == nil && journal == nil && !earlier.isFresh
  }

  /// Whether the database was written so shortly before the look that another write could show the same
  /// times: those of files move by ticks, of up to 10 ms on kernels before 6.13.
  var isFresh: Bool {
    abs(atNanoseconds - database.modifiedNanoseconds) < Self.tickNanoseconds
  }

  static let tickNanoseconds: Int64 = 50_000_000

  private static func file(_ path: String) throws(SourceError) -> File? {
    var status = stat()
    guard stat(path, &status) == 0 else {
      if errno == ENOENT { return nil }
      throw failure(path: path, error: errno)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw SourceError(
        .unreadable, "\(path) is not a file; a hydra-node keeps its database there.")
    }
    return File(
      identity: FileIdentity(status), bytes: UInt64(status.st_size),
      modifiedNanoseconds: nanoseconds(status.st_mtim),
      changedNanoseconds: nanoseconds(status.st_ctim))
  }

  private static func nanoseconds(_ time: timespec) -> Int64 {
    Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  private static func failure(path: String, error: Int32) -> SourceError {
    if error == ENOENT || error == ENOTDIR {
      return SourceError(.missing, "\(path) is not there.")
    }
    return SourceError(
      .unreadable,
      "\(path) cannot be looked at: \(String(cString: strerror(error))). "
        + "Give this user the right to read it and its directory.")
  }
}
