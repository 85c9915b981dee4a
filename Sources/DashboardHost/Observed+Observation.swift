package import Dashboard
internal import EventPersistence
internal import Foundation
package import SecondaryStatus
package import Setup
internal import Wording

extension Observed {
  /// What the dashboard is shown of one poll.
  package init(_ observation: Observation, trend: PrimaryTrend, setup: Setup, drivenHere: NamesHere)
  {
    let survey = observation.survey
    self.init(
      at: observation.at, instant: observation.instant,
      primary: Primary(
        persistenceDir: observation.persistenceDir, survey: survey,
        ratePerSecond: trend.ratePerSecond, bytesPerHour: trend.bytesPerHour,
        silence: survey.state == .silent ? observation.primarySeverity : nil,
        hydraHead: survey.hydraHead?.text,
        rotationForecast: observation.rotation.map {
          "next rotation in \(Quantity.count($0.eventsLeft, "event"))"
        },
        diskForecast: trend.diskForecast(freeBytes: Self.freeBytes(observation.persistenceDir)),
        forecastGrounds: Self.grounds(observation, trend)),
      secondaries: observation.secondaries, drivenHere: Set(drivenHere.all),
      stateDir: observation.stateDir)
  }

  /// What the forecasts rest on.
  private static func grounds(_ observation: Observation, _ trend: PrimaryTrend) -> [String] {
    var grounds: [String] = []
    if let rotation = observation.rotation {
      var text = "next rotation in \(Quantity.count(rotation.eventsLeft, "event"))"
      if let rate = trend.ratePerSecond, rate > 0 {
        text +=
          ", about \(Quantity.duration(Double(rotation.eventsLeft) / rate)) at \(Quantity.rate(rate))"
      }
      switch rotation.ground {
      case .configured(let count):
        text += "; persistence-rotate-after is \(Quantity.count(UInt64(count)))"
      case .rhythm(let count):
        text += "; the last three archives have about \(Quantity.count(count, "event")) each"
      }
      if rotation.losesEvents { text += "; the last rotation left no archive" }
      grounds.append(text)
    }
    if let free = freeBytes(observation.persistenceDir),
      let disk = trend.diskForecast(freeBytes: free),
      let growth = trend.bytesPerHour
    {
      grounds.append(
        "\(disk): \(Quantity.bytes(free)) are free, and the log grew by "
          + "\(Quantity.bytes(UInt64(growth))) an hour while it was watched")
    }
    return grounds
  }

  /// What a user without privileges could still write on the disk that `path` is on.
  private static func freeBytes(_ path: String) -> UInt64? {
    var status = statvfs()
    guard statvfs(path, &status) == 0 else { return nil }
    return UInt64(status.f_bavail) * UInt64(status.f_frsize)
  }
}
