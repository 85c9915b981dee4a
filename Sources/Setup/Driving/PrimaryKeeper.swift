package import Wording
internal import EventPersistence
package import HydraLog
package import Logging
internal import Synchronization

/// Keeps what this process learns of the log in `STATE/primary.json`, for those that look at it later: torn
/// lines, and the count of a log without ids.
///
/// A record of another node's log is left as it is: that node's driver needs it.
package final class PrimaryKeeper: Sendable {
  private let source: PersistenceDirectory
  private let setup: Setup
  private let log: Logger
  private let state = Mutex(Kept())

  private struct Kept {
    package var record: PrimaryRecord?
    package var trouble: String?
  }

  package init(source: PersistenceDirectory, setup: Setup, log: Logger) {
    self.source = source
    self.setup = setup
    self.log = log
  }

  /// Writes what changed, each ten seconds where `isDriving`, until the task is cancelled; and once more then.
  package func keep(where isDriving: @Sendable () -> Bool = { true }) async {
    while !Task.isCancelled {
      if isDriving() { write() }
      try? await Task.sleep(for: .seconds(10))
    }
    if isDriving() { write() }
  }

  /// Writes what changed since the last time.
  package func write() {
    state.withLock { kept in
      do {
        var record = try source.record()
        record.persistenceDir = FilePaths.canonical(source.path)
        guard record != kept.record, !record.files.isEmpty else { return }
        try setup.checkPrimary(try setup.state.readPrimary(PrimaryRecord.self))
        try setup.state.writePrimary(record)
        kept = Kept(record: record)
      } catch is SourceError {
        // No log to tell of just now: who drives says so.
      } catch {
        if kept.trouble != "\(error)" { log.warning("\(error)") }
        kept.trouble = "\(error)"
      }
    }
  }
}

extension Setup {
  /// Refuses a record that is of another node's log.
  package func checkPrimary(_ record: PrimaryRecord?) throws(Refusal) {
    guard let other = record?.persistenceDir else { return }
    let dir = try persistenceDir
    if other == FilePaths.canonical(dir) { return }
    throw Refusal(
      .configuration,
      "\(state.path)/primary.json is of \(other): what is read of \(dir) is not kept there. "
        + "Give each node a state directory of its own (state-dir).")
  }
}
