/// Looks at a secondary while it is driven, as a watcher would from outside, and keeps what it sees.
///
/// The module `SecondaryStatus` has one that journals changes of state and fills the history, so that a
/// dashboard opened later shows both.
public protocol DriveObserver: Sendable {
  /// How much time passes between two looks, at least.
  static var interval: Duration { get }

  /// Takes one look. The driver calls it between the steps of a delivery and while it waits, one call at a
  /// time; a delivery waits until the call returns.
  func look(_ look: DriveLook) async
}

/// What a driver knows of itself at one moment.
public struct DriveLook: Sendable {
  /// On the driver's clock.
  public var instant: Duration
  /// The time of day.
  public var at: EventTime
  /// What `checkpoint.json` says; nil where nothing is stored yet.
  public var checkpoint: Checkpoint?
  public var driver: DriverReport
  /// The replay under way.
  public var replay: ReplayRecord?
}
