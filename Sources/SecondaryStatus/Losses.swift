package import EventPersistence

extension Sequence<SecondaryReport> {
  /// Those of the `missing` ids that one of these secondaries has not stored, and so has lost. If each has stored
  /// them, nothing is lost: the log merely begins later, as after an archive that was no longer needed is deleted.
  package func losses(among missing: [Survey.Missing]) -> [Survey.Missing] {
    missing.filter { missing in
      contains { ($0.checkpoint?.eventId).map { $0 < missing.through } ?? true }
    }
  }
}
