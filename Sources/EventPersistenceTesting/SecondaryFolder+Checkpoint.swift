public import EventPersistence

extension SecondaryFolder {
  /// Takes the lock and writes `checkpoint` as a driver would.
  ///
  /// - Throws: `.busy` if a driver has the lock.
  public func write(_ checkpoint: Checkpoint) throws(StateError) {
    guard let lock = try lock() else {
      throw StateError(.busy, "\(name) is being driven: its driver writes its checkpoint.")
    }
    defer { lock.release() }
    try write(checkpoint, holding: lock)
  }
}
