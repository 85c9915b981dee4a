internal import Foundation
internal import SystemPackage

// The orders of an operator, the same for the command line and the dashboard. Each is journalled
// with the user who gave it.
extension StateDirectory {
  /// Asks the driver of `name` to pause. It pauses after the current batch, and so do later
  /// drivers.
  public func pause(
    _ name: String, by: String, reason: String?, until: EventTime?, at: EventTime = .now
  ) throws(StateError) {
    let folder = try folderForOrder(name)
    try folder.writePause(PauseOrder(by: by, at: at, reason: reason, until: until))
    let end = until.map { ", reminder at \($0)" } ?? ""
    try folder.note(
      JournalEntry(.order, "paused by \(by)\(end)\(reason.map { ": \($0)" } ?? "")", at: at))
  }

  /// Ends a pause; false if `name` was not paused.
  @discardableResult
  public func resume(_ name: String, by: String, at: EventTime = .now) throws(StateError) -> Bool {
    let folder = try folderForOrder(name)
    guard try folder.removePause() else { return false }
    try folder.note(JournalEntry(.order, "resumed by \(by)", at: at))
    return true
  }

  /// Asks the driver of `name`, which stopped or backs off, to try again now.
  ///
  /// - Throws: `.busy` if no driver is running.
  public func retry(_ name: String, by: String, at: EventTime = .now) throws(StateError) {
    let folder = try folderForOrder(name)
    guard try folder.isLocked() else {
      throw StateError(
        .busy, "No driver is running for \(name). Start one: hydra-sinks run")
    }
    try folder.requestRetry(by: by)
    try folder.note(JournalEntry(.order, "retry requested by \(by)", at: at))
  }

  /// The folder of `name`, once its journal can be read: an order that cannot be journalled is not
  /// given.
  private func folderForOrder(_ name: String) throws(StateError) -> SecondaryFolder {
    let folder = folder(name)
    _ = try folder.readJournal(last: 1)
    return folder
  }

  /// Binds the folder of `name` to this kind, target and log, in place of its current ones. Its
  /// checkpoint stays, and applies to these from now on. Nothing changes if the folder is bound to
  /// them already.
  ///
  /// - Returns: the earlier binding.
  /// - Throws: `.busy` while a driver is running.
  @discardableResult
  package func adopt(
    _ name: String, kind: SinkKind, target: String, persistenceDir: String, by: String,
    at: EventTime = .now
  ) throws(StateError) -> Binding? {
    let folder = folder(name)
    let lock = try folder.lockForOrder("bind it again")
    defer { lock.release() }
    let old = try folder.readBinding()
    if let old,
      folder.mismatch(of: old, kind: kind, target: target, persistenceDir: persistenceDir) == nil
    {
      return old
    }
    try folder.writeBinding(
      Binding(
        kind: kind, target: target, persistenceDir: persistenceDir, first: old?.first,
        createdAt: at))
    let before =
      old.map { "; it belonged to \($0.kind) \($0.target) of \($0.persistenceDir)" } ?? ""
    try folder.note(
      JournalEntry(
        .order,
        "bound to \(kind) \(target) of \(persistenceDir) by \(by)\(before)", at: at))
    return old
  }

  /// What forgetting `name` would do. Changes nothing.
  ///
  /// - Throws: `.noSuchSecondary` if it has no folder.
  package func planForget(_ name: String, at: EventTime = .now) throws(StateError) -> ForgetPlan {
    let folder = folder(name)
    guard folder.exists else {
      let names = (try? folderNames()) ?? []
      throw StateError(
        .noSuchSecondary,
        "No secondary named \(name) has a folder in \(path). "
          + (names.isEmpty
            ? "There are none." : "There are: \(names.joined(separator: ", "))."))
    }
    var plan = ForgetPlan(name: name, path: folder.path, setAsideAs: setAsidePath(folder, at: at))
    if try folder.isLocked() {
      plan.refused = "\(name) is being driven: stop its driver first."
    } else if let replay = try? folder.readReplay(), replay.isUnderWay {
      plan.refused = "\(name) has a replay under way (\(replay.id)): cancel it first."
    }
    // A folder to forget may contain damaged files: what cannot be read is not shown.
    plan.kind = (try? folder.readBinding())?.kind
    plan.target = (try? folder.readBinding())?.target
    plan.checkpoint = try? folder.readCheckpoint()
    return plan
  }

  /// Renames the folder of `name` within this directory, to set it aside. Deletes nothing, and does
  /// not touch what the sink holds.
  ///
  /// - Returns: what was done.
  /// - Throws: `.busy` while a driver or a replay is running.
  @discardableResult
  package func forget(_ name: String, by: String, at: EventTime = .now) throws(StateError)
    -> ForgetPlan
  {
    let plan = try planForget(name, at: at)
    if let refused = plan.refused { throw StateError(.busy, refused) }
    let folder = folder(name)
    let lock = try folder.lockForOrder("forget it")
    defer { lock.release() }
    try folder.note(JournalEntry(.order, "forgotten by \(by)", at: at))
    guard rename(folder.path, plan.setAsideAs) == 0 else { throw .writing(folder.path, .last) }
    try AtomicFile.syncFolder(of: folder.path)
    return plan
  }

  /// No secondary has a dot in its name, so a folder that was set aside is never taken for one.
  private func setAsidePath(_ folder: SecondaryFolder, at: EventTime) -> String {
    let stamp = at.text(fractionDigits: 0).filter { $0 != "-" && $0 != ":" }
    let base = "\(folder.path).forgotten-\(stamp)"
    var candidate = base
    var number = 2
    while faccessat(AT_FDCWD, candidate, F_OK, 0) == 0 {
      candidate = "\(base).\(number)"
      number += 1
    }
    return candidate
  }
}

extension SecondaryFolder {
  fileprivate func lockForOrder(_ what: String) throws(StateError) -> FolderLock {
    guard let lock = try lock() else {
      throw StateError(.busy, "\(name) is being driven: stop its driver first, then \(what).")
    }
    return lock
  }
}
