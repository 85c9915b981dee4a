package import EventPersistence

/// What `verify` found about a secondary, and what has happened since: `verified` of
/// `status --json`.
package struct Verified: Sendable, Hashable, Codable {
  /// Without what replays have delivered again since, as long as there is more.
  package var record: VerifiedRecord
  /// When replays had delivered again everything that was at fault: the next `verify` decides.
  package var replayedAt: EventTime?

  package init(_ record: VerifiedRecord, replayedAt: EventTime? = nil) {
    self.record = record
    self.replayedAt = replayedAt
  }

  /// A fault is an error until it is mended; when it was delivered again, it is still to be
  /// confirmed.
  package var severity: Severity {
    guard record.isFaulty else { return .ok }
    return replayedAt == nil ? .error : .warning
  }

  private enum CodingKeys: CodingKey { case replayedAt }

  package init(from decoder: any Decoder) throws {
    record = try VerifiedRecord(from: decoder)
    replayedAt = try decoder.container(keyedBy: CodingKeys.self)
      .decodeIfPresent(EventTime.self, forKey: .replayedAt)
  }

  package func encode(to encoder: any Encoder) throws {
    try record.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(replayedAt, forKey: .replayedAt)
  }
}

extension Verified {
  /// What it found and what to do, in one line; nil if it found no fault.
  ///
  /// - Parameter name: the secondary's, as a command takes it.
  func sentence(_ name: String) -> String? {
    guard record.isFaulty else { return nil }
    let found = counts.map { "\($0.count) \($0.word)" }.joined(separator: ", ")
    let place = record.through.map { ", through event \($0)" } ?? ""
    let when = "The last verify (\(record.at.text(fractionDigits: 0))\(place)) found \(found)"
    let verify = "hydra-sinks verify \(name)"
    if replayedAt != nil {
      return "\(when); a replay has delivered these events again since. To confirm it: \(verify)"
    }
    guard let repair = record.repairs.first else {
      return "\(when). No replay can repair it: the primary does not have those events. To see "
        + "them: \(verify)"
    }
    let others = record.repairs.dropFirst()
    var more = others.prefix(2).map { "\($0.from) to \($0.through)" }.joined(separator: ", ")
    if others.count > 2 { more += ", and \(others.count - 2) others" }
    if !more.isEmpty { more = "; the same for \(more)" }
    return "\(when). To repair it: hydra-sinks replay \(name) --from \(repair.from) --through "
      + "\(repair.through) --execute\(more); then \(verify)"
  }

  /// The findings that are not 0, with their words.
  package var counts: [(count: UInt64, word: String)] {
    [
      (record.missing, "missing"), (record.differing, "differing"), (record.extra, "extra"),
      (record.twice, "twice"), (record.outOfOrder, "out of order"), (record.damaged, "damaged"),
      (record.unknown, "unknown"),
    ].filter { $0.0 > 0 }
  }
}
