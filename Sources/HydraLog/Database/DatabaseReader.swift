internal import EventPersistence
internal import Foundation

/// A node's database, which is opened for each short transaction and closed after it.
///
/// With both companions there, it is read beside the writer, under a shared lock for the length of the
/// transaction: SQLite's writers pass such a reader, and only their checkpoints stop short of it. Without
/// a `-wal` nobody should be writing, and it is read without any lock; what was read is given out only if
/// the files show no change afterwards.
///
/// Not for a database that this very process writes: SQLite maps a `-shm` once a process, and while it is
/// mapped for reading here, a writer of the same process cannot write.
struct DatabaseReader: Sendable {
  /// Absolute, or relative to the working directory.
  let path: String

  /// Archives are never written in place, so a companion of theirs means nothing.
  let isArchive: Bool

  /// What `body` reads in one transaction, and the look that was true meanwhile.
  ///
  /// - Throws: `.changed` where the files do not come to rest within about a second; the sentence of
  ///   what is wrong with them otherwise.
  func read<Answer>(
    _ body: (borrowing ReadOnlyConnection) throws(SQLiteFailure) -> Answer
  ) throws(SourceError) -> (answer: Answer, look: DatabaseLook) {
    var failure: SQLiteFailure?
    for attempt in 0..<Self.attemptsMax {
      if attempt > 0 { usleep(Self.pauseMicroseconds(before: attempt)) }
      let before = try DatabaseLook(path: path)
      guard let mode = mode(of: before) else {
        // A node that starts makes one file after the other: only a state that lasts is reported.
        if attempt < Self.attemptsMax - 1 { continue }
        throw withoutSharedMemory(before)
      }
      let answer: Answer
      do throws(SQLiteFailure) {
        answer = try transaction(path: before.path, mode: mode, body)
      } catch {
        failure = error
        let after = try DatabaseLook(path: path)
        let isUnchanged =
          mode == .immutable
          ? after.showsNoChange(since: before) : after.database.identity == before.database.identity
        if isUnchanged, error.kind != .busy, error.kind != .cannotOpen || attempt > 2 {
          throw sentence(for: error, look: after)
        }
        continue
      }
      let after = try DatabaseLook(path: path)
      switch mode {
      case .live where after.database.identity == before.database.identity: return (answer, after)
      case .immutable where after.showsNoChange(since: before): return (answer, after)
      default: continue
      }
    }
    throw SourceError(
      .changed,
      "\(path) changes faster than it can be read"
        + (failure.map { "; \($0.detail)" } ?? "") + ". hydra-sinks tries again.")
  }

  private static let attemptsMax = 12

  private static func pauseMicroseconds(before attempt: Int) -> UInt32 {
    attempt == 1 ? 5_000 : UInt32(FileStamp.settlingNanoseconds / 1000)
  }

  private func mode(of look: DatabaseLook) -> ReadOnlyConnection.Mode? {
    if isArchive { return .immutable }
    guard look.writeAheadLog != nil else { return look.journal == nil ? .immutable : nil }
    return look.sharedMemory == nil ? nil : .live
  }

  private func transaction<Answer>(
    path: String, mode: ReadOnlyConnection.Mode,
    _ body: (borrowing ReadOnlyConnection) throws(SQLiteFailure) -> Answer
  ) throws(SQLiteFailure) -> Answer {
    let connection = try ReadOnlyConnection(path: path, mode: mode)
    try connection.execute("BEGIN")
    let answer = try body(connection)
    try connection.execute("COMMIT")
    return answer
  }

  private func withoutSharedMemory(_ look: DatabaseLook) -> SourceError {
    if look.writeAheadLog == nil {
      return SourceError(
        .unreadable,
        "\(path)-journal stands beside \(path): a change of it is half done, and only SQLite itself "
          + "can undo it. Start the node on it, or open it once with sqlite3, then look again.")
    }
    return SourceError(
      .unreadable,
      "\(path)-wal is there without \(path)-shm, so that its newest events cannot be read without "
        + "writing. Start the node on it, or copy the three files together.")
  }

  private func sentence(for failure: SQLiteFailure, look: DatabaseLook) -> SourceError {
    if failure.systemError == EACCES || failure.systemError == EPERM {
      let files = [look.path, look.path + "-wal", look.path + "-shm"]
      let closed = files.first { faccessat(AT_FDCWD, $0, R_OK, AT_EACCESS) != 0 && errno == EACCES }
      return SourceError(
        .unreadable,
        Permission.sentence(
          path: closed ?? path, grantedOn: (look.path as NSString).deletingLastPathComponent))
    }
    let what =
      switch failure.kind {
      case .notADatabase: "is not a database, where a hydra-node keeps its log as SQLite"
      case .corrupt: "is damaged"
      case .cannotOpen where look.writeAheadLog != nil:
        "cannot be opened for reading with its -wal and -shm"
      case .cannotOpen: "cannot be opened for reading"
      case .inputOutput: "cannot be read"
      case .busy, .other: "gave no answer"
      }
    return SourceError(.unreadable, "\(path) \(what): \(failure.detail).")
  }
}
