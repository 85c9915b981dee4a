package import EventPersistence
package import SecondaryStatus

/// One look at everything, which the poll passes to the dashboard.
package struct Observed: Sendable, Hashable {
  package var at: EventTime
  /// On the clock of the secondaries' samples.
  package var instant: Duration
  package var primary: Primary
  package var secondaries: [SecondaryObservation]
  /// The secondaries that this process drives.
  package var drivenHere: Set<String>
  /// Where the state directory is, as the header and the first-minute screens name it.
  package var stateDir: String

  package init(
    at: EventTime, instant: Duration, primary: Primary, secondaries: [SecondaryObservation],
    drivenHere: Set<String> = [], stateDir: String
  ) {
    self.at = at
    self.instant = instant
    self.primary = primary
    self.secondaries = secondaries
    self.drivenHere = drivenHere
    self.stateDir = stateDir
  }

  package struct Primary: Sendable, Hashable {
    package var persistenceDir: String
    package var survey: Survey
    /// How many events a second the head moved, over the last seconds; nil if not known yet.
    package var ratePerSecond: Double?
    package var bytesPerHour: Double?
    /// The severity of its silence, by `silent-after`; nil if that is not configured.
    package var silence: Severity?
    /// "next rotation in 15 669 events", "disk full in 19 d"; nil if there is no forecast.
    package var rotationForecast: String?
    package var diskForecast: String?
    /// The basis of each forecast, in one sentence.
    package var forecastGrounds: [String]
    package var warnings: [PrimaryWarning]

    package init(
      persistenceDir: String, survey: Survey, ratePerSecond: Double? = nil,
      bytesPerHour: Double? = nil, silence: Severity? = nil,
      rotationForecast: String? = nil, diskForecast: String? = nil,
      forecastGrounds: [String] = [], warnings: [PrimaryWarning] = []
    ) {
      self.persistenceDir = persistenceDir
      self.survey = survey
      self.ratePerSecond = ratePerSecond
      self.bytesPerHour = bytesPerHour
      self.silence = silence
      self.rotationForecast = rotationForecast
      self.diskForecast = diskForecast
      self.forecastGrounds = forecastGrounds
      self.warnings = warnings
    }
  }
}

extension SecondaryObservation {
  var name: String { report.name }
  var target: String { description.target }

  /// A lag for each second of the minute before `now`, the latest last. A second without a look has
  /// the lag of the one before it, or nil if none is known.
  func lags(at now: Duration) -> [UInt64?] {
    var lags: [UInt64?] = []
    var next = 0
    var lag: UInt64?
    for second in (0..<60).reversed() {
      let end = now - .seconds(second)
      while next < samples.count, samples[next].instant <= end {
        lag = samples[next].lagEvents
        next += 1
      }
      lags.append(lag)
    }
    return lags
  }
}

/// What the secondary's detail shows beyond the table: read from its folder on demand.
package struct SecondaryHistory: Sendable, Hashable {
  /// One minute.
  package struct Sample: Sendable, Hashable {
    package var at: EventTime
    package var lagEvents: UInt64?
    package var ratePerSecond: Double?

    package init(at: EventTime, lagEvents: UInt64?, ratePerSecond: Double? = nil) {
      self.at = at
      self.lagEvents = lagEvents
      self.ratePerSecond = ratePerSecond
    }
  }

  package var name: String
  /// Rising in time, at most 7 days of minutes; a minute without a record is missing.
  package var samples: [Sample]
  /// The latest last.
  package var journal: [JournalEntry]

  package init(name: String, samples: [Sample], journal: [JournalEntry]) {
    self.name = name
    self.samples = Array(samples.suffix(7 * 24 * 60))
    self.journal = Array(journal.suffix(500))
  }
}

/// The state of the program's configuration.
package enum ConfigurationNote: Sendable, Hashable {
  /// Read from this file; nil: there is nothing to report.
  case inForce(path: String?)
  /// A configuration was ignored, or is wrong: the sentence for a person.
  case note(String)
}
