/// Observes a secondary while it is driven, as a watcher outside would, and records what it sees.
///
/// The one in the module `SecondaryStatus` journals changes of state and fills the history, so that
/// a dashboard opened later shows both.
public protocol DriveObserver: Sendable {
  /// The least time between two looks.
  static var interval: Duration { get }

  /// Takes one look. The driver calls it between the steps of a delivery and while it waits, one
  /// call at a time; a delivery waits until the call returns.
  func look(_ look: DriveLook) async
}

/// What a driver knows about itself at one moment.
public struct DriveLook: Sendable {
  /// On the driver's clock.
  public var instant: Duration
  /// The time of day.
  public var at: EventTime
  /// What `checkpoint.json` says; nil if nothing is stored yet.
  public var checkpoint: Checkpoint?
  public var driver: DriverReport
  /// The replay under way.
  public var replay: ReplayRecord?
}
