/// Observes a secondary while it is driven, as a watcher outside would, and records what it sees.
///
/// The one in the module `SecondaryStatus` journals changes of state and fills the history, so that
/// a dashboard opened later shows both.
package protocol DriveObserver: Sendable {
  /// The least time between two looks.
  static var interval: Duration { get }

  /// Takes one look. The driver calls it between the steps of a delivery and while it waits, one
  /// call at a time; a delivery waits until the call returns.
  func look(_ look: DriveLook) async
}

/// What a driver knows about itself at one moment.
package struct DriveLook: Sendable {
  /// On the driver's clock.
  package var instant: Duration
  /// The time of day.
  package var at: EventTime
  /// What `checkpoint.json` says; nil if nothing is stored yet.
  package var checkpoint: Checkpoint?
  package var driver: DriverReport
  /// The replay under way.
  package var replay: ReplayRecord?
}
