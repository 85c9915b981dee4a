internal import Foundation

/// `STATE/NAME/cancel`: the replay to stop.
///
/// The file's first line is the replay's id; `stay` and `by user@host` may follow on lines of their
/// own. So an id written by hand is also an order.
public struct CancelOrder: Sendable, Hashable {
  public var id: String
  /// Leave the checkpoint of a cancelled rewind where it is, rather than restoring the earlier one.
  public var stay: Bool
  /// user@host; nil if neither the file nor its owner shows it.
  public var by: String?
}

extension SecondaryFolder {
  // MARK: - replay.json

  public func readReplay() throws(StateError) -> ReplayRecord? {
    try JSONFile.read(ReplayRecord.self, from: file("replay.json"))
  }

  /// Requests a replay, by `link(2)`, so that there is never a second.
  ///
  /// - Throws: `.busy` if one is requested or under way.
  public func createReplay(_ replay: ReplayRecord) throws(StateError) {
    let isNew = try AtomicFile.create(
      file("replay.json"), with: JSONFile.data(of: replay), access: access)
    guard !isNew else { return }
    throw StateError(
      .busy,
      try readReplay()?.busySentence(of: argument)
        ?? "a replay of \(name) was under way a moment ago. Try again.")
  }

  /// Replaces the replay's record, durably. Only for the holder of the lock.
  public func writeReplay(_ replay: ReplayRecord) throws(StateError) {
    try replace(file("replay.json"), with: replay, durability: .crash)
  }

  public func removeReplay() throws(StateError) { try AtomicFile.remove(file("replay.json")) }

  // MARK: - cancel

  public func readCancel() throws(StateError) -> CancelOrder? {
    let path = file("cancel")
    guard let data = try AtomicFile.read(path) else { return nil }
    let lines = String(decoding: data, as: UTF8.self).split(separator: "\n")
      .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    guard let id = lines.first else {
      throw StateError(
        .nonsense, "\(path) is empty: it should name the replay to stop. Remove it.")
    }
    let by = lines.dropFirst().first { $0.hasPrefix("by ") }.map { String($0.dropFirst(3)) }
    return CancelOrder(
      id: id, stay: lines.dropFirst().contains("stay"), by: by ?? Requester.owner(of: path))
  }

  /// Asks the process that executes the replay `id` to stop after the current batch.
  public func writeCancel(id: String, stay: Bool, by: String) throws(StateError) {
    let text = id + "\n" + (stay ? "stay\n" : "") + "by \(by)\n"
    try AtomicFile.replace(
      file("cancel"), with: Data(text.utf8), durability: .crash, access: access)
  }

  public func removeCancel() throws(StateError) { try AtomicFile.remove(file("cancel")) }

  // MARK: - pause.json

  public func readPause() throws(StateError) -> PauseOrder? {
    try JSONFile.read(PauseOrder.self, from: file("pause.json"))
  }

  public func writePause(_ pause: PauseOrder) throws(StateError) {
    try replace(file("pause.json"), with: pause, durability: .crash)
  }

  /// Resumes; false if it was not paused.
  @discardableResult
  public func removePause() throws(StateError) -> Bool {
    try AtomicFile.remove(file("pause.json"))
  }

  // MARK: - retry

  /// Asks the driver of a stopped secondary to try again now.
  public func requestRetry(by: String) throws(StateError) {
    try AtomicFile.replace(
      file("retry"), with: Data("by \(by)\n".utf8), durability: .process, access: access)
  }

  /// Whether a retry was requested since the last call. Only for the holder of the lock.
  public func takeRetry() throws(StateError) -> Bool {
    // A stopped driver asks on each turn: the look must cost no write.
    guard faccessat(AT_FDCWD, file("retry"), F_OK, 0) == 0 else { return false }
    return try AtomicFile.remove(file("retry"))
  }
}
