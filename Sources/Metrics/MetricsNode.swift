package import EventPersistence
package import SecondaryStatus

/// What a page of metrics shows about one node.
package struct MetricsNode: Sendable {
  /// Its name, if there are several.
  package var name: String?
  package var observation: Observation
  /// What the drives of this process counted, by the secondary's name.
  package var counts: [String: DriveMeter.Counts]
  /// Of the disk that the node writes to, for a user without privileges.
  package var freeBytes: UInt64?
  /// In how many seconds that disk is full, at the pace of the last hour.
  package var secondsUntilFull: Double?

  package init(
    name: String? = nil, observation: Observation, counts: [String: DriveMeter.Counts] = [:],
    freeBytes: UInt64? = nil, secondsUntilFull: Double? = nil
  ) {
    self.name = name
    self.observation = observation
    self.counts = counts
    self.freeBytes = freeBytes
    self.secondsUntilFull = secondsUntilFull
  }
}
