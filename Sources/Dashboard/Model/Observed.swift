public import SecondaryStatus
public import EventPersistence

/// One look at everything: what the poll loop hands the dashboard.
public struct Observed: Sendable, Hashable {
  public var at: EventTime
  public var primary: Primary
  public var secondaries: [Secondary]
  /// Where the state directory is; the header's and the first-minute screens' word.
  public var stateDir: String

  public init(at: EventTime, primary: Primary, secondaries: [Secondary], stateDir: String) {
    self.at = at
    self.primary = primary
    self.secondaries = secondaries
    self.stateDir = stateDir
  }

  public struct Primary: Sendable, Hashable {
    public var persistenceDir: String
    public var survey: Survey
    /// Events a second that the head moved by, over the last seconds; nil where not known yet.
    public var ratePerSecond: Double?
    public var bytesPerHour: Double?
    /// How long its silence has to matter: `silent-after` judged; nil where not configured.
    public var silence: Severity?
    /// The Hydra Head in one line, where the log tells it.
    public var hydraHead: String?
    /// "next rotation in 15 669 events", "disk full in 19 d"; nil where nothing tells.
    public var rotationForecast: String?
    public var diskForecast: String?
    /// What each of the forecasts rests on, a sentence each.
    public var forecastGrounds: [String]

    public init(
      persistenceDir: String, survey: Survey, ratePerSecond: Double? = nil,
      bytesPerHour: Double? = nil, silence: Severity? = nil, hydraHead: String? = nil,
      rotationForecast: String? = nil, diskForecast: String? = nil,
      forecastGrounds: [String] = []
    ) {
      self.persistenceDir = persistenceDir
      self.survey = survey
      self.ratePerSecond = ratePerSecond
      self.bytesPerHour = bytesPerHour
      self.silence = silence
      self.hydraHead = hydraHead
      self.rotationForecast = rotationForecast
      self.diskForecast = diskForecast
      self.forecastGrounds = forecastGrounds
    }
  }

  public struct Secondary: Sendable, Hashable {
    public var report: SecondaryReport
    public var target: String
    /// The lag in events over the last minute, evenly spaced, oldest first; nil where it was not known.
    public var lagSamples: [UInt64?]
    /// Its driver's heartbeat as written; nil where there is none.
    public var driver: DriverReport?
    /// This process drives it.
    public var isDrivenHere: Bool
    /// The newest of what befell it, the latest last.
    public var journal: [JournalEntry]
    /// The next rotation will take events away that it lacks, at today's rates.
    public var willLoseEvents: Bool

    public init(
      report: SecondaryReport, target: String, lagSamples: [UInt64?] = [],
      driver: DriverReport? = nil, isDrivenHere: Bool = false, journal: [JournalEntry] = [],
      willLoseEvents: Bool = false
    ) {
      self.report = report
      self.target = target
      self.lagSamples = lagSamples
      self.driver = driver
      self.isDrivenHere = isDrivenHere
      self.journal = journal
      self.willLoseEvents = willLoseEvents
    }

    public var name: String { report.name }
  }
}

/// What the secondary's detail shows beyond the table: read from its folder on demand.
public struct SecondaryHistory: Sendable, Hashable {
  /// One minute.
  public struct Sample: Sendable, Hashable {
    public var at: EventTime
    public var lagEvents: UInt64?
    public var ratePerSecond: Double?

    public init(at: EventTime, lagEvents: UInt64?, ratePerSecond: Double? = nil) {
      self.at = at
      self.lagEvents = lagEvents
      self.ratePerSecond = ratePerSecond
    }
  }

  public var name: String
  /// Rising in time, at most 7 days of minutes; a minute that nobody recorded is not there.
  public var samples: [Sample]
  /// Those that ended, the latest last.
  public var replays: [ReplayRecord]
  /// The latest last.
  public var journal: [JournalEntry]

  public init(
    name: String, samples: [Sample], replays: [ReplayRecord], journal: [JournalEntry]
  ) {
    self.name = name
    self.samples = Array(samples.suffix(7 * 24 * 60))
    self.replays = Array(replays.suffix(200))
    self.journal = Array(journal.suffix(500))
  }
}

/// What the program has to say about its configuration.
public enum ConfigurationNote: Sendable, Hashable {
  /// Read from this file, or nothing to say (nil).
  case inForce(path: String?)
  /// A configuration was found and left alone, or is wrong: the sentence for a person.
  case note(String)
}
