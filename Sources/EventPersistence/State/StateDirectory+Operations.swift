internal import Foundation
internal import SystemPackage

// The orders of an operator, the same for the command line and the dashboard. Each is journaled
// with the user who gave it; one that cannot be journaled is not given.
extension StateDirectory {
  /// Asks the driver of `name` to pause. It pauses after the current batch, and so do later
  /// drivers.
  ///
  /// A pause that already stands continues: what `reason`, `until` and `resumeAt` leave out stays.
  ///
  /// - Returns: the pause that stands now, and the one that stood before; nil if none did.
  /// - Throws: also if `pause.json` is not valid.
  @discardableResult
  public func pause(
    _ name: String, by: String, reason: String?, until: EventTime?, resumeAt: EventTime? = nil,
    at: EventTime = .now
  ) throws(StateError) -> (now: PauseOrder, before: PauseOrder?) {
    let folder = folder(name)
    let before = try folder.readPause()
    var pause = before ?? PauseOrder(by: by, at: at, reason: nil, until: nil)
    if let reason { pause.reason = reason }
    if let until { pause.until = until }
    if let resumeAt { pause.resumeAt = resumeAt }
    guard pause != before else { return (pause, before) }
    let end =
      (resumeAt.map { ", until \($0)" } ?? "") + (until.map { ", reminder at \($0)" } ?? "")
    let what = before == nil ? "paused by" : "pause changed by"
    let order = pause
    try folder.note(
      JournalEntry(.order, "\(what) \(by)\(end)\(reason.map { ": \($0)" } ?? "")", at: at)
    ) { () throws(StateError) in try folder.writePause(order) }
    return (pause, before)
  }

  /// Ends a pause; false if `name` was not paused.
  ///
  /// - Throws: also if `pause.json` is not valid: it may be another program's.
  @discardableResult
  public func resume(_ name: String, by: String, at: EventTime = .now) throws(StateError) -> Bool {
    let folder = folder(name)
    do throws(StateError) {
      guard try folder.readPause() != nil else { return false }
    } catch {
      guard error.kind == .nonsense else { throw error }
      throw StateError(
        error.kind, "\(error.message) As long as it is there, \(name) stays paused.")
    }
    try folder.note(JournalEntry(.order, "resumed by \(by)", at: at)) { () throws(StateError) in
      try folder.removePause()
    }
    return true
  }

  /// Asks the driver of `name`, which stopped or backs off, to try again now.
  ///
  /// - Throws: `.busy` if it is paused, or no driver is running.
  public func retry(_ name: String, by: String, at: EventTime = .now) throws(StateError) {
    let folder = folder(name)
    if let pause = try folder.readPause(), !pause.isOver(at: at) {
      throw StateError(
        .busy,
        "\(name) is paused since \(pause.at), by \(pause.by)"
          + "\(pause.reason.map { " (\($0))" } ?? ""): its driver tries nothing before it is "
          + "resumed. To resume it: hydra-sinks resume \(folder.argument)")
    }
    guard try folder.isLocked() else {
      throw StateError(
        .busy, "No driver is running for \(name). Start one: hydra-sinks run")
    }
    try folder.note(
      JournalEntry(.order, "retry requested by \(by)", at: at)
    ) { () throws(StateError) in try folder.requestRetry(by: by) }
  }

  /// Binds the folder of `name` to this kind, target and log, in place of its current ones. Its
  /// checkpoint stays, and applies to these from now on; the last driver's errors are cleared.
  /// Nothing changes if the folder is bound to them already.
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
    let driver = try folder.readDriver()
    let before =
      old.map { "; it belonged to \($0.kind) \($0.target) of \($0.persistenceDir)" } ?? ""
    try folder.note(
      JournalEntry(
        .order,
        "bound to \(kind) \(target) of \(persistenceDir) by \(by)\(before)", at: at)
    ) { () throws(StateError) in
      // Its errors are those of the earlier sink or log. Without them and with the earlier binding,
      // which a crash can leave, the mismatch is still reported.
      if let driver { try folder.writeDriver(driver.withoutErrors) }
      var binding = Binding(
        kind: kind, target: target, persistenceDir: persistenceDir, first: old?.first,
        createdAt: at)
      if let old { (binding.generation, binding.former) = (old.generation, old.former) }
      try folder.writeBinding(binding)
    }
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
    try folder.note(JournalEntry(.order, "forgotten by \(by)", at: at)) { () throws(StateError) in
      guard rename(folder.path, plan.setAsideAs) == 0 else { throw .writing(folder.path, .last) }
    }
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
