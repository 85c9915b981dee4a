public import Logging

/// What to drive: a sink, the events it receives, and where it begins.
public struct SecondaryConfiguration: Sendable {
  public var name: String
  /// The primary's directory, absolute: the state folder is bound to it.
  public var persistenceDir: String
  public var selection: Selection
  /// Where a secondary begins if it has no checkpoint and its sink does not report what it holds.
  public var start: Start
  /// The description of the sink that `makeSink` makes.
  public var sink: SinkDescription
  /// Makes the sink, without opening anything.
  public var makeSink: @Sendable () -> any EventSink
  /// Returns how many of these ids' events the sink really has, of as many as the log has; nil if
  /// that is not known. Without it, a plan takes the checkpoint's word.
  package var countHeld: (@Sendable (ClosedRange<UInt64>, UInt64) async -> UInt64?)?

  /// A secondary that always drives this sink, which is not open yet.
  public init(
    name: String, persistenceDir: String, selection: Selection = .all, start: Start = .first,
    sink: any EventSink
  ) {
    self.init(
      name: name, persistenceDir: persistenceDir, selection: selection, start: start,
      sink: sink.description
    ) { sink }
  }

  public init(
    name: String, persistenceDir: String, selection: Selection = .all, start: Start = .first,
    sink: SinkDescription, makeSink: @escaping @Sendable () -> any EventSink
  ) {
    self.name = name
    self.persistenceDir = persistenceDir
    self.selection = selection
    self.start = start
    self.sink = sink
    self.makeSink = makeSink
  }
}

/// The options of a driver. The defaults are those of the program.
public struct DriveOptions: Sendable {
  /// How often to look at the log and the orders while there is nothing to deliver.
  public var interval: Duration
  /// Whether a drive waits for a lock that another driver holds; otherwise it ends with `held`.
  public var waitsForLock: Bool
  public var clock: DriverClock
  /// A number from 0 to 1, for the jitter of the backoff.
  public var jitter: @Sendable () -> Double
  /// Receives one line per journal entry (errors, changes of state, replays), with the secondary's
  /// name as the metadata `secondary`. By default it discards them.
  public var log: Logger
  /// Makes the observer of a secondary that is driven; nil: it has none.
  package var makeObserver:
    (@Sendable (SecondaryConfiguration, any EventSource, SecondaryFolder) -> any DriveObserver)?

  public init(
    interval: Duration = .milliseconds(100), waitsForLock: Bool = true,
    clock: DriverClock = .system,
    jitter: @escaping @Sendable () -> Double = { Double.random(in: 0...1) },
    log: Logger = Logger(label: "hydra-sinks") { _ in SwiftLogNoOpLogHandler() }
  ) {
    self.interval = interval
    self.waitsForLock = waitsForLock
    self.clock = clock
    self.jitter = jitter
    self.log = log
  }
}
