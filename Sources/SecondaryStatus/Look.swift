public import EventPersistence

/// What one poll found about a secondary. The checkpoint was read before the primary; in the other
/// order a lag could be negative.
public struct Look: Sendable {
  public var moment: Moment

  /// Nil if nothing is stored yet.
  public var checkpoint: Result<Checkpoint?, StateError>
  public var survey: Survey

  /// The checkpoint's status in the log; nil if it was not asked, because one of the two is
  /// unreadable.
  public var status: Result<PositionStatus, SourceError>?
  public var driver: DriverReport?

  /// Whether the lock is held; nil if that cannot be determined.
  public var isLocked: Bool? = false
  public var replay: ReplayRecord?
  public var pause: PauseOrder?

  /// What else in the folder could not be read.
  public var trouble: StateError?

  /// When the checkpoint's file was last written, according to the file system.
  public var checkpointWrittenAt: EventTime?

  /// The last journalled change of state.
  public var lastStateChange: JournalEntry?

  /// Whether a rotation will lose events that this secondary lacks; nil if that cannot be forecast.
  public var willLoseEvents: Bool?
}
