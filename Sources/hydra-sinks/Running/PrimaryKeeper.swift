import EventPersistence
import HydraLog
import Logging

/// Keeps what this process learns of the log in `STATE/primary.json`, for those that look at it later: torn
/// lines, and the count of a log without ids.
struct PrimaryKeeper: Sendable {
  var source: PersistenceDirectory
  var state: StateDirectory
  var log: Logger

  /// Writes what changed, each ten seconds, until the task is cancelled; and once more then.
  func keep() async {
    var kept: PrimaryRecord?
    var trouble: String?
    while true {
      do {
        let record = try source.record()
        if record != kept, !record.files.isEmpty {
          try state.writePrimary(record)
          kept = record
        }
        trouble = nil
      } catch is SourceError {
        // No log to tell of just now: who drives says so.
      } catch {
        if trouble != "\(error)" { log.warning("\(error)") }
        trouble = "\(error)"
      }
      if Task.isCancelled { return }
      try? await Task.sleep(for: .seconds(10))
    }
  }
}
