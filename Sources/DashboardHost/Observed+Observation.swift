package import Dashboard
internal import EventPersistence
package import SecondaryStatus
internal import Wording

extension Observed {
  /// One look, as the dashboard shows it.
  package init(
    _ observation: Observation, trend: PrimaryTrend, drivenHere: Set<String> = []
  ) {
    let survey = observation.survey
    self.init(
      at: observation.at, instant: observation.instant,
      primary: Primary(
        persistenceDir: observation.persistenceDir, survey: survey,
        ratePerSecond: trend.ratePerSecond, bytesPerHour: trend.bytesPerHour,
        silence: survey.state == .silent ? observation.primarySeverity : nil,
        rotationForecast: observation.rotation.map {
          "next rotation in \(Quantity.count($0.eventsLeft, "event"))"
        },
        diskForecast: trend.diskForecast(freeBytes: observation.freeBytes),
        forecastGrounds: Self.grounds(observation, trend), warnings: observation.warnings),
      secondaries: observation.secondaries, drivenHere: drivenHere,
      stateDir: observation.stateDir)
  }

  /// The basis of the forecasts.
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
    if let freeBytes = observation.freeBytes,
      let disk = trend.diskForecast(freeBytes: freeBytes),
      let growth = trend.bytesPerHour
    {
      grounds.append(
        "\(disk): \(Quantity.bytes(freeBytes)) are free, and the log grew by "
          + "\(Quantity.bytes(UInt64(growth))) an hour while it was watched")
    }
    return grounds
  }
}
