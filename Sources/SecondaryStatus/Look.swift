public import EventPersistence

/// Everything that one poll found about a secondary. The checkpoint was read before the primary, so that a
/// lag is never negative for having been looked at in the wrong order.
public struct Look: Sendable {
  public var moment: Moment

  /// Nil where nothing is stored yet.
  public var checkpoint: Result<Checkpoint?, StateError>
  public var survey: Survey

  /// How the checkpoint stands in the log; nil where that was not asked, since one of the two is unreadable.
  public var status: Result<PositionStatus, SourceError>?
  public var driver: DriverReport?

  /// Whether somebody holds the lock; nil where that cannot be told.
  public var isLocked: Bool?
  public var replay: ReplayRecord?
  public var pause: PauseOrder?

  /// What else of the folder could not be read.
  public var trouble: StateError?

  /// When the checkpoint's file was last written, as the file system has it.
  public var checkpointWrittenAt: EventTime?

  /// The last change of state that was journalled.
  public var lastStateChange: JournalEntry?

  /// Whether a rotation is going to lose events that this secondary lacks; nil where nobody foresees it.
  public var willLoseEvents: Bool?

  public init(
    moment: Moment, checkpoint: Result<Checkpoint?, StateError>, survey: Survey,
    status: Result<PositionStatus, SourceError>? = nil, driver: DriverReport? = nil,
    isLocked: Bool? = false, replay: ReplayRecord? = nil, pause: PauseOrder? = nil,
    trouble: StateError? = nil, checkpointWrittenAt: EventTime? = nil,
    lastStateChange: JournalEntry? = nil, willLoseEvents: Bool? = nil
  ) {
    self.moment = moment
    self.checkpoint = checkpoint
    self.survey = survey
    self.status = status
    self.driver = driver
    self.isLocked = isLocked
    self.replay = replay
    self.pause = pause
    self.trouble = trouble
    self.checkpointWrittenAt = checkpointWrittenAt
    self.lastStateChange = lastStateChange
    self.willLoseEvents = willLoseEvents
  }
}
