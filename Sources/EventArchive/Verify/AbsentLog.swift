package import EventPersistence

/// A log that the node no longer has: there is nothing to read.
package struct AbsentLog: EventSource {
  package init() {}

  private static var missing: SourceError {
    SourceError(.missing, "the node no longer has this log")
  }

  package func survey() async -> Survey {
    Survey(state: .missing, sentence: Self.missing.message)
  }
  package func changeToken() async -> ChangeToken { ChangeToken([]) }
  package func status(of position: Position?) async throws(SourceError) -> PositionStatus {
    throw Self.missing
  }
  package func locate(_ start: Start) async throws(SourceError) -> Position? { throw Self.missing }
  package func extent(
    from first: Position, through last: Position
  ) async throws(SourceError) -> Extent { throw Self.missing }
  package func reader(from start: Start) -> any EventReader { Reader() }

  private struct Reader: EventReader {
    func next(_ limits: BatchLimits, through: Position?) async throws(SourceError) -> EventBatch? {
      throw AbsentLog.missing
    }
  }
}
