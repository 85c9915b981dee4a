internal import EventPersistence

/// Where a position is in the log, asked again only if the position or the log changed.
struct StatusMemo: Sendable {
  /// The last answer, with the position and the log's token.
  private var last:
    (position: Position?, token: ChangeToken, result: Result<PositionStatus, SourceError>)?

  /// - Parameter token: the log's, from before the call.
  nonisolated(nonsending) mutating func value(
    of position: Position?, in source: any EventSource, token: ChangeToken
  ) async -> Result<PositionStatus, SourceError> {
    if let last, last.position == position, last.token == token { return last.result }
    var result = await Self.ask(source, position)
    // It changed while it was read: usually the second try succeeds.
    if case .failure(let error) = result, error.kind == .changed {
      result = await Self.ask(source, position)
      if case .failure(let error) = result, error.kind == .changed {
        if let last, last.position == position { return last.result }
        return result
      }
    }
    // What failed is asked again, changed or not: the token does not include the file's mode.
    if case .success = result { last = (position, token, result) } else { last = nil }
    return result
  }

  nonisolated(nonsending) private static func ask(
    _ source: any EventSource, _ position: Position?
  ) async
    -> Result<PositionStatus, SourceError>
  {
    do throws(SourceError) {
      return .success(try await source.status(of: position))
    } catch {
      return .failure(error)
    }
  }
}
