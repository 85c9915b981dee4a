internal import Foundation

/// `STATE/NAME`: what drivers, watchers and operators exchange about one secondary.
///
/// Each read returns nil if the file does not exist. It throws an error that names the file if it
/// exists and cannot be read or is not valid. A write over such a file is refused: it is never
/// taken for "nothing stored". The files are small, and each call reads or writes one of them
/// whole.
public struct SecondaryFolder: Sendable, Hashable {
  /// The secondary's name, or `NODE/NAME`.
  public let name: String
  public let path: String
  let root: StateDirectory

  package var access: StateAccess { root.access }

  /// The secondary as a command line names it.
  package var argument: String { root.argument(name) }

  package func file(_ name: String) -> String { path + "/" + name }

  /// Whether the folder exists.
  public var exists: Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  // MARK: - checkpoint.json

  public var checkpointPath: String { file("checkpoint.json") }

  public func readCheckpoint() throws(StateError) -> Checkpoint? {
    try Checkpoint.read(from: checkpointPath)
  }

  /// Replaces the checkpoint; it survives a crash of the machine once this returns.
  ///
  /// - Precondition: `lock` is this folder's and is held.
  /// - Throws: also if the folder was moved away since it was locked.
  public func write(
    _ checkpoint: Checkpoint, holding lock: FolderLock
  ) throws(StateError) {
    precondition(lock.isHeld(on: file("lock")), "a checkpoint is written without \(path)/lock")
    try lock.checkPlace()
    try replace(checkpointPath, with: checkpoint, durability: .crash)
  }

  // MARK: - secondary.json

  public func readBinding() throws(StateError) -> Binding? {
    try JSONFile.read(Binding.self, from: file("secondary.json"))
  }

  public func writeBinding(_ binding: Binding) throws(StateError) {
    try replace(file("secondary.json"), with: binding, durability: .crash)
  }

  // MARK: - landmarks.json

  public func readLandmarks() throws(StateError) -> Landmarks? {
    try JSONFile.read(Landmarks.self, from: file("landmarks.json"))
  }

  /// Replaces the landmarks, durably. Only for the holder of the lock.
  public func write(_ landmarks: Landmarks) throws(StateError) {
    try replace(file("landmarks.json"), with: landmarks, durability: .crash)
  }

  /// Makes `record`, of kind `new-log`, the generation that is stored from now on, before its first
  /// event. Whatever a crash has left of that is completed; done twice, it is the same.
  ///
  /// The binding goes first: a checkpoint that went back alone would rewind the former generation.
  ///
  /// - Returns: the checkpoint.
  func beginGeneration(
    of record: ReplayRecord, holding lock: FolderLock, at date: EventTime
  ) throws(StateError) -> Checkpoint? {
    if let generation = record.generation, let binding = try readBinding(),
      binding.generation < generation
    {
      let last = record.previousCheckpoint?.position
      try writeBinding(binding.beginning(generation, after: last, at: date))
    }
    guard record.position == nil else { return try readCheckpoint() }
    let checkpoint = Checkpoint(position: nil, at: date, highest: nil)
    try write(checkpoint, holding: lock)
    return checkpoint
  }

  // MARK: - driver.json

  /// The last driver's heartbeat. It is written without fsync, so it can be empty after a crash of
  /// the machine: that reads as nil.
  public func readDriver() throws(StateError) -> DriverReport? {
    try JSONFile.read(DriverReport.self, from: file("driver.json"), emptyIsAbsent: true)
  }

  /// Replaces the heartbeat, without fsync. Only for the holder of the lock.
  public func writeDriver(_ report: DriverReport) throws(StateError) {
    _ = try readDriver()
    try AtomicFile.replace(
      file("driver.json"), with: JSONFile.data(of: report), durability: .process, access: access)
  }

  /// Replaces `path`, unless it holds something that is not a `Value`.
  func replace<Value: Codable>(
    _ path: String, with value: Value, durability: AtomicFile.Durability
  ) throws(StateError) {
    _ = try JSONFile.read(Value.self, from: path)
    try AtomicFile.replace(
      path, with: JSONFile.data(of: value), durability: durability, access: access)
  }
}

extension Checkpoint {
  /// The checkpoint in `path`, of any writer; nil if there is no such file.
  public static func read(from path: String) throws(StateError) -> Checkpoint? {
    try JSONFile.read(Checkpoint.self, from: path)
  }
}
