import EventPersistence
import Foundation
import Testing

@testable import HydraLog

@Suite("the content of a persistence directory")
struct LogListingTests {
  let folder = LogFolder()

  private func failure() -> SourceError? {
    do throws(SourceError) {
      _ = try LogListing(directory: folder.path)
      return nil
    } catch {
      return error
    }
  }

  @Test("names are recognized exactly")
  func names() {
    #expect(LogName("state") == .file)
    #expect(LogName("hydra.db") == .database)
    #expect(LogName("state-0") == .fileArchive(0))
    #expect(LogName("state-4611686018427387904") == .fileArchive(Position.idMax))
    #expect(LogName("state-4611686018427387905") == nil)
    #expect(LogName("old-state/hydra-12.db") == .databaseArchive(12))
    for name in [
      "state-", "state-01", "state-+1", "state-1.gz", "state-1x", "state-18446744073709551616",
      "hydra-12.db", "old-state/hydra-.db", "old-state/hydra-12.db-wal", "hydra.db-wal", "states",
      "old-state/state-1", "etcd", "",
    ] {
      #expect(LogName(name) == nil, "\(name)")
    }
  }

  @Test("archives are in the order of their ids, not of their names")
  func order() throws {
    for name in ["state-1000", "state-200", "state", "state-30", "etcd", "acks"] {
      folder.write(name, "")
    }
    #expect(
      try LogListing(directory: folder.path).items.map(\.path)
        == ["state-30", "state-200", "state-1000", "state"])
  }

  @Test("a folder without a log, and a missing one, are errors that say what was expected")
  func missing() {
    #expect(failure()?.kind == .missing)
    #expect(failure()?.message.contains("holds no log") == true)
    rmdir(folder.path)
    #expect(failure()?.kind == .missing)
    #expect(failure()?.message.contains("does not exist") == true)
    #expect(folder.directory.surveyNow().state == .missing)
  }

  @Test("state.migrated alone is not a log: the database that the node continued in is missing")
  func migratedAlone() {
    folder.write("state.migrated", [Line.tick(0)])
    #expect(failure()?.kind == .missing)
    let survey = folder.directory.surveyNow()
    #expect(survey.state == .missing)
    #expect(survey.sentence?.contains("state.migrated") ?? false)
  }

  @Test("a dangling link is not a log, and a link to a log is")
  func links() throws {
    symlink("nowhere", "\(folder.path)/state")
    #expect(failure()?.kind == .missing)
    folder.write("nowhere", [Line.tick(0)])
    #expect(try LogListing(directory: folder.path).items.map(\.path) == ["state"])
  }

  @Test("a `state` that is a folder, and a directory that is a file, are reported")
  func notFiles() throws {
    mkdir("\(folder.path)/state", 0o755)
    #expect(failure()?.kind == .unreadable)
    #expect(failure()?.message.contains("\(folder.path)/state is a folder") == true)
    rmdir("\(folder.path)/state")
    folder.write("file", "")
    let error = #expect(throws: SourceError.self) {
      try LogListing(directory: folder.path + "/file")
    }
    #expect(error?.message.contains("is not a folder") == true)
  }

  @Test(
    "a directory that may not be read is not one that does not exist", .enabled(if: getuid() != 0))
  func forbidden() {
    folder.write("state", [Line.tick(0)])
    chmod(folder.path, 0)
    defer { chmod(folder.path, 0o755) }
    #expect(failure()?.kind == .unreadable)
    #expect(failure()?.message.contains("setfacl") == true)
    #expect(failure()?.message.contains("sudo -u") == true)
  }

  @Test("a state that was written later than hydra.db is ambiguous, and both are named")
  func ambiguous() {
    folder.write("hydra.db", "")
    folder.write("state", [Line.tick(0)])
    func date(_ name: String, _ seconds: Int) {
      var times = [timespec(tv_sec: seconds, tv_nsec: 0), timespec(tv_sec: seconds, tv_nsec: 0)]
      utimensat(AT_FDCWD, "\(folder.path)/\(name)", &times, 0)
    }
    date("hydra.db", 1_000_000)
    date("state", 1_000_001)
    #expect(failure()?.kind == .ambiguous)
    #expect(failure()?.message.contains("hydra.db") == true)
    #expect(failure()?.message.contains("state, written later") == true)
    #expect(folder.directory.surveyNow().state == .ambiguous)
    // New events go to the write-ahead log, which may be the only file that changes.
    folder.write("hydra.db-wal", "")
    date("hydra.db-wal", 1_000_002)
    #expect(failure() == nil)
  }
}
