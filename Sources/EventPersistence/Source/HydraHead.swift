/// The state of the Hydra Head, read from the log's tail; nil where the tail does not show it.
public struct HydraHead: Sendable, Hashable, Codable {
  public enum State: String, Sendable, Hashable, Codable {
    case idle = "Idle"
    case initializing = "Initializing"
    case aborted = "Aborted"
    case open = "Open"
    case closed = "Closed"
    case contested = "Contested"
    case fanoutPossible = "FanoutPossible"
    case fanningOut = "FanningOut"
    case final = "Final"
  }

  /// Hex digits, 56 on a real chain.
  @Nullable public var id: String?
  @Nullable public var state: State?
  /// Of the last confirmed snapshot.
  @Nullable public var snapshotNumber: UInt64?
  @Nullable public var parties: Int?
  /// Applied since the head opened; nil if its opening is not in the part that was read.
  @Nullable public var transactions: UInt64?

  public init(
    id: String? = nil, state: State? = nil, snapshotNumber: UInt64? = nil, parties: Int? = nil,
    transactions: UInt64? = nil
  ) {
    self.id = id
    self.state = state
    self.snapshotNumber = snapshotNumber
    self.parties = parties
    self.transactions = transactions
  }
}
