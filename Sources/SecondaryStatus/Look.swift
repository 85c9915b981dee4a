package import EventPersistence

/// What one poll found about a secondary. The checkpoint was read before the primary; in the other
/// order a lag could be negative.
package struct Look: Sendable {
  package var moment: Moment

  /// Nil if nothing is stored yet.
  package var checkpoint: Result<Checkpoint?, StateError>
  package var survey: Survey

  /// The checkpoint's status in the log; nil if it was not asked, because one of the two is
  /// unreadable.
  package var status: Result<PositionStatus, SourceError>?
  /// Whether the log is proven to be another one than the one that is stored.
  package var isNewLog = false
  /// Which of the node's logs is stored; nil if that is not known.
  package var generation: Int?
  package var former: [FormerGeneration]?
  package var driver: DriverReport?

  /// Whether the lock is held; nil if that cannot be determined.
  package var isLocked: Bool? = false
  /// The file that a driver locks.
  package var lockPath = ""
  package var replay: ReplayRecord?
  package var pause: PauseOrder?

  /// What the last `verify` found.
  package var verified: Verified?

  /// What else in the folder could not be read.
  package var trouble: StateError?

  /// When the checkpoint's file was last written, according to the file system.
  package var checkpointWrittenAt: EventTime?

  /// The last journaled change of state.
  package var lastStateChange: JournalEntry?

  /// Whether a rotation will lose events that this secondary lacks; nil if that cannot be forecast.
  package var willLoseEvents: Bool?
}
