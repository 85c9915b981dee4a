internal import EventPersistence
internal import Foundation
internal import SystemPackage

/// One look at a database's files, by `stat` alone.
struct DatabaseLook: Sendable, Hashable {
  /// With symbolic links resolved, as SQLite does it: its companions are beside the real file.
  var path: String
  var database: FileStamp
  var writeAheadLog: FileStamp?
  var sharedMemory: FileStamp?
  var journal: FileStamp?
  /// The wall clock at the look.
  var atNanoseconds: Int64

  init(path: String) throws(SourceError) {
    atNanoseconds = FileStamp.now
    guard let real = RealPath.of(path) else { throw Self.failure(path: path, error: .last) }
    self.path = real
    guard let database = try Self.file(self.path) else {
      throw Self.failure(path: path, error: .noSuchFileOrDirectory)
    }
    self.database = database
    writeAheadLog = try Self.file(self.path + "-wal")
    sharedMemory = try Self.file(self.path + "-shm")
    journal = try Self.file(self.path + "-journal")
  }

  /// Whether the files did not change between `earlier` and this look, so that a read without
  /// SQLite's locks is valid.
  func showsNoChange(since earlier: DatabaseLook) -> Bool {
    path == earlier.path && database == earlier.database && writeAheadLog == nil
      && earlier.writeAheadLog == nil && journal == nil && !earlier.isFresh
  }

  /// Whether the database was written so shortly before the look that another write could leave the
  /// same times: file times advance in ticks, of up to 10 ms on kernels before 6.13.
  var isFresh: Bool {
    abs(atNanoseconds - database.modifiedNanoseconds) < FileStamp.settlingNanoseconds
  }

  private static func file(_ path: String) throws(SourceError) -> FileStamp? {
    let stamp: FileStamp
    do throws(Errno) { stamp = try FileStamp(at: path) } catch {
      if error == .noSuchFileOrDirectory { return nil }
      throw failure(path: path, error: error)
    }
    guard stamp.type == .regular else {
      throw SourceError(
        .unreadable, "\(path) is not a file; a hydra-node keeps its database there.")
    }
    return stamp
  }

  private static func failure(path: String, error: Errno) -> SourceError {
    if error == .noSuchFileOrDirectory || error == .notDirectory {
      return SourceError(.missing, "\(path) does not exist.")
    }
    return SourceError(
      .unreadable,
      "\(path) cannot be examined: \(error). "
        + "Give this user the right to read it and its directory.")
  }
}
