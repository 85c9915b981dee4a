internal import EventArchive
internal import EventPersistence

/// Counts for a plan how many of its events an archive really has.
struct HeldCount: Sendable {
  let archive: any ArchiveStorage
  let folder: SecondaryFolder

  /// A plan is shown while its ends are typed.
  private static let timeout = Duration.seconds(3)

  /// - Parameter events: how many the log has of `ids`.
  /// - Returns: nil if that is not known: the archive is too large to be counted now, and no
  ///   `verify` tells.
  func count(_ ids: ClosedRange<UInt64>, of events: UInt64) async -> UInt64? {
    if let counted = await counted(ids) { return min(counted, events) }
    return (try? folder.readVerified())?.held(ids, of: events)
  }

  private func counted(_ ids: ClosedRange<UInt64>) async -> UInt64? {
    await withTaskGroup(of: UInt64?.self) { group in
      group.addTask { (try? await archive.count(ids)) ?? nil }
      group.addTask {
        try? await Task.sleep(for: Self.timeout)
        return nil
      }
      defer { group.cancelAll() }
      return await group.next() ?? nil
    }
  }
}

extension VerifiedRecord {
  /// How many of the `events` events of `ids` the secondary has according to this comparison; nil
  /// if it does not say.
  func held(_ ids: ClosedRange<UInt64>, of events: UInt64) -> UInt64? {
    guard verdict != .unproven, damaged == 0, unknown == 0, (from ?? 0) <= ids.lowerBound,
      through.map({ $0 >= ids.upperBound }) ?? false
    else { return nil }
    guard isFaulty else { return events }
    var lacking: UInt64 = 0
    for finding in findings where finding.fault == .missing || finding.fault == .differing {
      let (first, last) = (finding.ids.from, finding.ids.through)
      guard (first...last).overlaps(ids) else { continue }
      guard ids.contains(first), ids.contains(last) else { return nil }
      lacking = min(lacking + finding.events, Position.idMax)
    }
    return events >= lacking ? events - lacking : nil
  }
}
