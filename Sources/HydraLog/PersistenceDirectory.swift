public import EventPersistence

/// A hydra-node's persistence directory as one continuous log: its archives, then its live file or
/// database.
///
/// Nothing in the directory is opened for writing or created, and nothing stays open while nobody reads.
public final class PersistenceDirectory: EventSource {
  /// As given to the node's `--persistence-dir`.
  public let path: String

  public init(path: String) {
    self.path = path
  }

  public func survey() async -> Survey { surveyNow() }

  /// The same on the caller's thread, which it blocks for a few reads.
  public func surveyNow() -> Survey { Survey(state: .missing) }

  public func changeToken() async -> ChangeToken { changeTokenNow() }

  /// The same on the caller's thread, which it blocks for five `stat` calls.
  public func changeTokenNow() -> ChangeToken { ChangeToken([]) }

  public func standing(of position: Position?) async throws(SourceError) -> Standing {
    throw SourceError(.missing, "not read yet")
  }

  public func locate(_ start: Start) async throws(SourceError) -> Position? {
    throw SourceError(.missing, "not read yet")
  }

  public func extent(from first: Position, through last: Position) async throws(SourceError)
    -> Extent
  {
    throw SourceError(.missing, "not read yet")
  }

  public func reader(from start: Start) -> any EventReader { DirectoryReader() }
}

actor DirectoryReader: EventReader {
  func next(_ limits: BatchLimits, through: Position?) async throws(SourceError) -> EventBatch? {
    throw SourceError(.missing, "not read yet")
  }
}
