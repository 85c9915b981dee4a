public import Logging

/// What to drive: a sink, the events it receives, and where it begins.
public struct SecondaryConfiguration: Sendable {
  public var name: String
  /// The primary's directory, absolute: the state folder is bound to it.
  public var persistenceDir: String
  public var selection: Selection
  /// Where a secondary begins if it has no checkpoint and its sink does not report what it holds.
  public var start: Start
  /// The archive that has what the log no longer has; nil: none.
  public var history: History?
  /// The history that an order names instead; throws if no archive of that name can be one.
  public var historyNamed: @Sendable (String) throws(SourceError) -> History = {
    name throws(SourceError) in
    throw SourceError(.missing, "there is no archive \(name) to read history from")
  }
  /// The description of the sink that `makeSink` makes.
  public var sink: SinkDescription
  /// Makes the sink of a generation, without opening anything. All have the same description.
  public var makeSink: @Sendable (_ generation: Int) -> any EventSink
  /// Whether the driver begins the next generation by itself when the node's log begins anew;
  /// otherwise it waits for an operator's order.
  public var beginsNewLogs = false
  /// Returns how many of these ids' events the sink really has, of as many as the log has; nil if
  /// that is not known. Without it, a plan takes the checkpoint's word.
  package var countHeld: (@Sendable (ClosedRange<UInt64>, UInt64) async -> UInt64?)?

  /// A secondary that always drives this sink, which is not open yet, whatever the generation.
  public init(
    name: String, persistenceDir: String, selection: Selection = .all, start: Start = .first,
    sink: any EventSink
  ) {
    self.init(
      name: name, persistenceDir: persistenceDir, selection: selection, start: start,
      sink: sink.description
    ) { _ in sink }
  }

  public init(
    name: String, persistenceDir: String, selection: Selection = .all, start: Start = .first,
    sink: SinkDescription, makeSink: @escaping @Sendable (_ generation: Int) -> any EventSink
  ) {
    self.name = name
    self.persistenceDir = persistenceDir
    self.selection = selection
    self.start = start
    self.sink = sink
    self.makeSink = makeSink
  }
}

extension SecondaryConfiguration {
  /// The history that a drive or a replay reads from: the one that `name` names, or else its own.
  func history(named name: String?) throws(SourceError) -> History? {
    if let name { try historyNamed(name) } else { history }
  }
}

/// An archive of a log that has what the log no longer has.
public struct History: Sendable {
  /// The secondary whose archive it is.
  public var name: String
  /// The log and its history as one log.
  public var join: @Sendable (any EventSource) -> any EventSource

  public init(name: String, join: @escaping @Sendable (any EventSource) -> any EventSource) {
    self.name = name
    self.join = join
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
  /// Its thread looks for changes while secondaries wait. Those that share it share its wake-ups, and
  /// the looks at a log.
  package var lookout = BlockingExecutor(label: "lookout")
  /// Counts what is done; nil: nothing is counted.
  package var meters: DriveMeters?

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
