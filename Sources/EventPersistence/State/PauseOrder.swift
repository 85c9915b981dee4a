/// `STATE/NAME/pause.json`: the secondary is not to be driven, on purpose. It is paused while the
/// file exists; removing the file resumes it.
public struct PauseOrder: Sendable, Hashable, Codable {
  /// user@host
  public var by: String
  public var at: EventTime
  @Nullable public var reason: String?
  /// When to remind the operator: after it the state is a warning, and the pause continues.
  @Nullable public var until: EventTime?
  /// When the driver resumes it by itself.
  @Nullable public var resumeAt: EventTime?

  public init(
    by: String, at: EventTime, reason: String?, until: EventTime?, resumeAt: EventTime? = nil
  ) {
    self.by = by
    self.at = at
    self.reason = reason
    self.until = until
    self.resumeAt = resumeAt
  }

  /// Whether its time is over, so that a driver resumes it.
  public func isOver(at time: EventTime) -> Bool { resumeAt.map { time >= $0 } ?? false }
}
