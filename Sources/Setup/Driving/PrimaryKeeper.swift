internal import EventPersistence
package import HydraLog
package import Logging
package import Wording

/// Keeps what this process learns about the log in `STATE/primary.json`, for later processes: torn
/// lines, and the count of a log without ids.
///
/// It leaves the record of another node's log as it is, because that node's driver needs it. It
/// reads and writes on a thread of its own.
package actor PrimaryKeeper {
  private let source: PersistenceDirectory
  private let setup: Setup
  private let log: Logger
  private let executor = BlockingExecutor(label: "primary-keeper")
  private var kept: PrimaryRecord?
  /// The last warning.
  private var trouble: String?
  /// The state directory, as it was at the first look.
  private var place: FileIdentity?

  package nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  package init(source: PersistenceDirectory, setup: Setup, log: Logger) {
    self.source = source
    self.setup = setup
    self.log = log
  }

  /// Writes the changes every ten seconds while `isDriving`, until the task is cancelled, and then
  /// once more.
  package func keep(where isDriving: @Sendable () -> Bool = { true }) async {
    while !Task.isCancelled {
      if isDriving() { write() }
      try? await Task.sleep(for: .seconds(10))
    }
    if isDriving() { write() }
  }

  /// Writes the changes since the last time.
  package func write() {
    do {
      var record = try source.record()
      record.persistenceDir = FilePaths.canonical(source.path)
      guard record != kept, !record.files.isEmpty, isInPlace() else { return }
      try setup.checkPrimary(try setup.state.readPrimary(PrimaryRecord.self))
      try setup.state.writePrimary(record)
      kept = record
      trouble = nil
    } catch is SourceError {
      // There is no log at the moment; the driver reports that.
    } catch {
      if trouble != "\(error)" { log.warning("\(error)") }
      trouble = "\(error)"
    }
  }
}

extension PrimaryKeeper {
  /// Whether the state directory is still the one of the first look. Nothing is written in place of
  /// one that was moved or unmounted; its drivers report that.
  private func isInPlace() -> Bool {
    guard let found = FileStamp(setup.state.path)?.identity else { return false }
    if place == nil { place = found }
    return place == found
  }
}

extension Setup {
  /// Refuses the record of another node's log, as long as a secondary here belongs to that log. Once
  /// all were adopted or forgotten, the record is of a log that was moved or is gone.
  package func checkPrimary(_ record: PrimaryRecord?) throws(Refusal) {
    guard let other = record?.persistenceDir else { return }
    let dir = try persistenceDir
    if other == FilePaths.canonical(dir) || !isInUse(other) { return }
    throw Refusal(
      .configuration,
      "\(state.path)/primary.json belongs to \(other), so nothing about \(dir) is stored there. "
        + "Give each node a state directory of its own (state-dir).")
  }

  /// Whether a folder of the state directory is bound to the log in `directory`; also if that
  /// cannot be read.
  private func isInUse(_ directory: String) -> Bool {
    guard let names = try? state.folderNames() else { return true }
    return names.contains { name in
      do throws(StateError) {
        guard let binding = try state.folder(name).readBinding() else { return false }
        return FilePaths.canonical(binding.persistenceDir) == directory
      } catch {
        return true
      }
    }
  }
}
