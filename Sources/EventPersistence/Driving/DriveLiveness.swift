/// Whether the loops that drive in this process turn.
package struct DriveLiveness: Sendable, Hashable {
  /// A loop that has not turned for so long hangs: that of a hung driver.
  package static let silenceMax = Duration.seconds(30)

  /// How many secondaries were driven, or still are.
  package var known = 0
  /// How many loops turn.
  package var alive = 0
  /// Those that do not, and for how long.
  package var silent: [String: Duration] = [:]
  /// Whether the sink of each is open, or it is known why not.
  package var areSettled = true

  package init() {}

  /// Counts the loops of `meters` in.
  ///
  /// - Parameter name: the secondary's, as people call it.
  package mutating func add(
    _ meters: DriveMeters, at now: ContinuousClock.Instant = .now, naming name: (String) -> String
  ) {
    for (secondary, counts) in meters.counts {
      known += 1
      if !counts.isSettled { areSettled = false }
      guard let beatAt = counts.beatAt else { continue }
      let silence = now - beatAt
      if silence <= Self.silenceMax { alive += 1 } else { silent[name(secondary)] = silence }
    }
  }

  /// What does not turn, in words; nil if everything does.
  package var trouble: String? {
    guard !silent.isEmpty else { return nil }
    return silent.sorted { $0.key < $1.key }
      .map { "\($0.key): its loop has not turned for \($0.value.components.seconds) s" }
      .joined(separator: "; ")
  }
}
