internal import EventPersistence
internal import Foundation
internal import SQLite

/// A node's database, opened for each short transaction and closed after it.
///
/// With both companions, it is read beside the writer, under a shared lock during the transaction:
/// SQLite's writers continue beside such a reader; only their checkpoints stop before it. Without a
/// `-wal` no node should be writing, and it is read without any lock; the result counts only if the
/// files show no change afterwards.
///
/// Not for a database that this process writes: SQLite maps a `-shm` once in each process, and
/// while it is mapped for reading here, a writer of the same process cannot write.
struct DatabaseReader: Sendable {
  /// Absolute, or relative to the working directory.
  let path: String

  /// Archives are never written in place, so their companions mean nothing.
  let isArchive: Bool

  /// The result of `body` in one transaction, and the look at the files that held meanwhile.
  ///
  /// - Throws: `.changed` if the files do not stop changing within about a second; otherwise an
  ///   error that says what is wrong with them.
  func read<Answer>(
    _ body: (borrowing ReadOnlyConnection) throws(SQLiteFailure) -> Answer
  ) throws(SourceError) -> (answer: Answer, look: DatabaseLook) {
    var failure: SQLiteFailure?
    for attempt in 0..<Self.attemptsMax {
      if attempt > 0 { usleep(Self.pauseMicroseconds(before: attempt)) }
      let before = try DatabaseLook(path: path)
      guard let mode = mode(of: before) else {
        // A starting node makes one file after the other: only a lasting state is reported.
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

  /// The answer of `body`, which reads the database.
  ///
  /// - Throws: what it throws; for an archive that was just written, `.changed`.
  func judged<Answer>(_ body: () throws(SourceError) -> Answer) throws(SourceError) -> Answer {
    do throws(SourceError) { return try body() } catch { throw judged(error) }
  }

  /// `error`; or, for an archive that was just written, one that passes by itself.
  func judged(_ error: SourceError) -> SourceError {
    isArchive ? ArchiveFile.judgement(of: error, path: path) : error
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
    try connection.begin()
    let answer = try body(connection)
    // COMMIT fails after a damaged page, though nothing was written.
    try connection.execute("ROLLBACK")
    return answer
  }

  private func withoutSharedMemory(_ look: DatabaseLook) -> SourceError {
    if look.writeAheadLog == nil {
      return SourceError(
        .damaged(next: nil),
        "\(path) has an unfinished transaction (\(path)-journal exists), which only SQLite can "
          + "roll back. Start the node, or open \(path) once with sqlite3; then try again.")
    }
    return SourceError(
      .damaged(next: nil),
      "\(path)-wal exists without \(path)-shm, so its newest events cannot be read without "
        + "writing. Start the node on it, or copy the three files together.")
  }

  func sentence(for failure: SQLiteFailure, look: DatabaseLook) -> SourceError {
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
      case .notADatabase: "is not an SQLite database, in which a hydra-node keeps its log"
      case .corrupt: "is damaged"
      case .cannotOpen where look.writeAheadLog != nil:
        "cannot be opened for reading with its -wal and -shm"
      case .cannotOpen: "cannot be opened for reading"
      case .inputOutput: "cannot be read"
      case .busy, .constraint, .other: "does not answer"
      }
    let isDamaged = failure.kind == .notADatabase || failure.kind == .corrupt
    return SourceError(
      isDamaged ? .damaged(next: nil) : .unreadable,
      "\(path) \(what): \(failure.detail)."
        + (isDamaged ? " Replace it with a whole copy: hydra-sinks then continues." : ""))
  }
}
