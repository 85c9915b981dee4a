import Dashboard
import EventPersistence
import Foundation

extension Observed {
  /// What the dashboard is shown of one poll.
  init(_ observation: Observation, trend: PrimaryTrend, setup: Setup, drivenHere: NamesHere) {
    let survey = observation.survey
    self.init(
      at: observation.at,
      primary: Primary(
        persistenceDir: observation.persistenceDir, survey: survey,
        ratePerSecond: trend.ratePerSecond, bytesPerHour: trend.bytesPerHour,
        silence: survey.state == .silent ? observation.primarySeverity : nil,
        hydraHead: survey.hydraHead?.text,
        rotationForecast: PrimaryTrend.eventsToRotation(
          survey, rotateAfter: setup.configuration.rotateAfter
        ).map { "next rotation in \(Quantity.count($0)) events" },
        diskForecast: trend.diskForecast(freeBytes: Self.freeBytes(observation.persistenceDir))),
      secondaries: observation.secondaries.map {
        Secondary(
          $0, now: observation.instant, isDrivenHere: drivenHere.contains($0.description.name))
      }, stateDir: observation.stateDir)
  }

  /// What a user without privileges could still write on the disk that `path` is on.
  private static func freeBytes(_ path: String) -> UInt64? {
    var status = statvfs()
    guard statvfs(path, &status) == 0 else { return nil }
    return UInt64(status.f_bavail) * UInt64(status.f_frsize)
  }
}

extension Observed.Secondary {
  /// How many samples the last minute is told in.
  static let sampleCount = 60

  init(_ observation: SecondaryObservation, now: Duration, isDrivenHere: Bool) {
    self.init(
      report: observation.report, target: observation.description.target,
      lagSamples: Self.lags(observation.samples, now: now), driver: observation.driver,
      isDrivenHere: isDrivenHere)
  }

  /// A lag for each second of the last minute; where a second has no look of its own, that of the last one
  /// before it.
  static func lags(_ samples: [LagSample], now: Duration) -> [UInt64?] {
    var lags: [UInt64?] = []
    var next = 0
    var lag: UInt64?
    for second in stride(from: sampleCount - 1, through: 0, by: -1) {
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
