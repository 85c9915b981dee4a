package import EventPersistence

extension Sequence<SecondaryReport> {
  /// Those of the `missing` ids that one of these secondaries has not stored, and so has lost. If each has stored
  /// them, nothing is lost: the log merely begins later, as after an archive that was no longer needed is deleted.
  package func losses(among missing: [Survey.Missing]) -> [Survey.Missing] {
    missing.filter { missing in
      contains { secondary in
        // What a history has is not lost; if it has not either, the secondary is in a gap.
        if secondary.history != nil, secondary.state != .gap { return false }
        return (secondary.checkpoint?.eventId).map { $0 < missing.through } ?? true
      }
    }
  }
}
