import EventPersistence

/// What a node saw of its chain, from one event after the other.
struct ChainFold: Sendable, Hashable, Codable {
  private(set) var point: ChainPoint?
  private(set) var isSynced: Bool?
  private(set) var driftSeconds: Double?

  init(point: ChainPoint? = nil, isSynced: Bool? = nil, driftSeconds: Double? = nil) {
    self.point = point
    self.isSynced = isSynced
    self.driftSeconds = driftSeconds
  }

  /// The events that carry the chain's state: the point of the transaction that they observed.
  private static let observing: Set<String> = [
    "CommitFinalized", "CommitRecorded", "CommitRecovered", "CommittedUTxO", "DecommitFinalized",
    "DepositRecorded", "DepositRecovered", "HeadAborted", "HeadClosed", "HeadContested",
    "HeadFannedOut", "HeadInitialized", "HeadOpened", "HeadPartialFannedOut",
  ]

  /// Takes the next event, whose whole JSON is `json`. Parses it only if its tag says that it tells
  /// something about the chain.
  mutating func take(_ position: Position, _ json: UnsafeRawBufferPointer) {
    guard let tag = position.tag else { return }
    switch tag {
    case "TickObserved":
      read(json) { $0.tick($1, at: position.time) }
    case "NodeSynced", "NodeUnsynced":
      read(json) { fold, fields in
        fold.isSynced = tag == "NodeSynced"
        fold.driftSeconds = fields.seconds("drift")
      }
    case "ChainRolledBack":
      // A point that was rolled back is on no chain any more.
      read(json) { $0.point = $1.point("chainState/recordedAt") }
    case "Checkpoint":
      read(json) { $0.restore($1) }
    case _ where Self.observing.contains(tag):
      read(json) { $0.point = $1.point("chainState/recordedAt") ?? $0.point }
    default: break
    }
  }

  /// Adds what only `other` tells, which began earlier in the log and has seen less of it since.
  mutating func complete(by other: ChainFold) {
    guard isSynced == nil else { return }
    isSynced = other.isSynced
    driftSeconds = driftSeconds ?? other.driftSeconds
  }

  private mutating func tick(_ fields: ChangeFields, at time: EventTime?) {
    point = fields.point("chainPoint") ?? point
    // The node computes its drift in the same way.
    guard let time, let chainTime = fields.time("chainTime") else { return }
    driftSeconds = max(0, time.seconds(since: chainTime))
  }

  /// A rotation's `Checkpoint` holds the whole state.
  private mutating func restore(_ fields: ChangeFields) {
    switch fields.text("state/tag") {
    case "NodeInSync": isSynced = true
    case "NodeCatchingUp": isSynced = false
    default: break
    }
    driftSeconds = fields.seconds("state/chainPointTime/drift") ?? driftSeconds
    // Its point is that of the head's last transaction: a tick before it may be newer.
    let recorded = fields.point("state/headState/contents/chainState/recordedAt")
    if let recorded, recorded.slot > point?.slot ?? 0 || point == nil { point = recorded }
  }

  private mutating func read(
    _ json: UnsafeRawBufferPointer, _ body: (inout ChainFold, ChangeFields) -> Void
  ) {
    ChangeFields.read(json) { body(&self, $0) }
  }
}
