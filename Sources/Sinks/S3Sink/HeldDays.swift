internal import EventArchive
import EventPersistence

/// The batches held of the few days that were last stored to.
struct HeldDays {
  private(set) var names: [String: Set<BatchName>] = [:]

  /// The batches held of `days`; lists the days that are not known yet.
  func of(_ days: [String], _ listing: S3Listing) async throws(SinkError) -> HeldDays {
    var known = HeldDays()
    for day in days {
      if let names = names[day] {
        known.names[day] = names
      } else {
        known.names[day] = Set(try await listing.batches(day: day).map(\.name))
      }
    }
    return known
  }

  mutating func insert(_ name: BatchName, _ day: String) { names[day]?.insert(name) }
  mutating func remove(_ name: BatchName, _ day: String) { names[day]?.remove(name) }
}
