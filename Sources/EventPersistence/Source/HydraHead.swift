/// The state of the Hydra Head, and of the node's network and chain, as far as the events that were
/// read show it; nil where they do not.
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
  /// Until when a closed head can be contested.
  @Nullable public var contestationDeadline: EventTime?

  /// Whether the node reached its network when it last reported on that.
  @Nullable public var isNetworkConnected: Bool?
  /// How many other nodes it was connected to.
  @Nullable public var peersConnected: Int?
  /// Whether the node had caught up with its chain when it last reported on that.
  @Nullable public var isChainSynced: Bool?
  /// By how many seconds the node's clock was ahead of the newest block, when it saw that.
  @Nullable public var chainDriftSeconds: Double?
  /// The newest point of the chain that the node saw and that was not rolled back since.
  @Nullable public var chainPoint: ChainPoint?

  public init(
    id: String? = nil, state: State? = nil, snapshotNumber: UInt64? = nil, parties: Int? = nil,
    transactions: UInt64? = nil, contestationDeadline: EventTime? = nil
  ) {
    self.id = id
    self.state = state
    self.snapshotNumber = snapshotNumber
    self.parties = parties
    self.transactions = transactions
    self.contestationDeadline = contestationDeadline
    isNetworkConnected = nil
    peersConnected = nil
    isChainSynced = nil
    chainDriftSeconds = nil
    chainPoint = nil
  }
}
