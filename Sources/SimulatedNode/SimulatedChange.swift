import EventPersistence

/// What a simulated node says has happened: the constructors of a hydra-node's `StateChanged` that a Head
/// that goes well, and now and then not so well, produces.
///
/// The fields are in the constructor's order, which CBOR keeps.
struct SimulatedChange {
  let tag: String
  let fields: [PayloadField]

  private init(_ tag: String, _ fields: PayloadField...) {
    self.tag = tag
    self.fields = fields
  }

  // MARK: - The node and its surroundings

  static var networkConnected: Self { Self("NetworkConnected") }

  static func peerConnected(_ peer: Ledger.Host) -> Self {
    Self("PeerConnected", ("peer", peer.value))
  }

  static func peerDisconnected(_ peer: Ledger.Host) -> Self {
    Self("PeerDisconnected", ("peer", peer.value))
  }

  static func nodeUnsynced(slot: UInt64, time: EventTime) -> Self {
    Self(
      "NodeUnsynced", ("chainSlot", .slot(slot)), ("chainTime", .time(time)), ("drift", .number(0)))
  }

  static func nodeSynced(slot: UInt64, time: EventTime) -> Self {
    Self(
      "NodeSynced", ("chainSlot", .slot(slot)), ("chainTime", .time(time)), ("drift", .number(0)))
  }

  static func tickObserved(_ point: Ledger.ChainPoint, time: EventTime) -> Self {
    Self("TickObserved", ("chainPoint", point.value), ("chainTime", .time(time)))
  }

  static func checkpoint(_ chainState: Ledger.ChainState, time: EventTime) -> Self {
    let inner: [PayloadField] = [("chainState", chainState.value)]
    let now = PayloadValue.record(
      "ChainPointTime",
      [
        ("currentSlot", .slot(chainState.point.slot)), ("currentChainTime", .time(time)),
        ("drift", .number(0)),
      ])
    let state = PayloadValue.record(
      "NodeInSync", hasTag: true,
      [
        ("headState", .record("Idle", hasTag: true, [("contents", .record("IdleState", inner))])),
        ("pendingDeposits", .utxo(Ledger.UTxO(seed: 0, count: 0))), ("chainPointTime", now),
      ])
    return Self("Checkpoint", ("state", state))
  }

  // MARK: - Inside a Head

  static func transactionReceived(_ transaction: Ledger.Transaction) -> Self {
    Self("TransactionReceived", ("tx", .transaction(transaction)))
  }

  static func transactionApplied(headId: UInt64, _ transaction: Ledger.Transaction) -> Self {
    Self(
      "TransactionAppliedToLocalUTxO", ("headId", .headId(headId)),
      ("tx", .transaction(transaction)))
  }

  static func txInvalid(
    headId: UInt64, _ transaction: Ledger.Transaction, _ utxo: Ledger.UTxO
  ) -> Self {
    let reason = "BadInputsUTxO: the inputs were spent already"
    return Self(
      "TxInvalid", ("headId", .headId(headId)), ("utxo", .utxo(utxo)),
      ("transaction", .transaction(transaction)),
      ("validationError", .record("ValidationError", [("reason", .text(reason))])))
  }

  static func snapshotRequestDecided(number: UInt64) -> Self {
    Self("SnapshotRequestDecided", ("snapshotNumber", .snapshotNumber(number)))
  }

  static func snapshotRequested(
    _ snapshot: Ledger.Snapshot, local: [Ledger.Transaction], deposit: UInt64?
  ) -> Self {
    // Of all lists this one tells its length, up to 23.
    Self(
      "SnapshotRequested", ("requestedSnapshot", snapshot.value),
      ("newLocalTxs", .list(local.map { .transaction($0) }, tellsLength: local.count < 24)),
      ("newCurrentDepositTxId", .optional(deposit.map { .id($0) })))
  }

  static func partySignedSnapshot(
    number: UInt64, _ party: Ledger.Party, signature: UInt64
  ) -> Self {
    Self(
      "PartySignedSnapshot", ("snapshotNumber", .snapshotNumber(number)), ("party", party.value),
      ("signature", .signature(signature)))
  }

  static func snapshotConfirmed(_ snapshot: Ledger.Snapshot, signatures: [UInt64]) -> Self {
    let all: [PayloadField] = [("multiSignature", .list(signatures.map { .signature($0) }))]
    return Self(
      "SnapshotConfirmed", ("headId", .headId(snapshot.headId)),
      ("snapshot", .optional(snapshot.value)),
      ("signatures", .record("HydraMultiSignature", all)))
  }

  // MARK: - What the chain says about a Head

  static func headOpened(
    headId: UInt64, parties: [Ledger.Party], _ chainState: Ledger.ChainState
  ) -> Self {
    let all = PayloadValue.list(parties.map(\.value))
    let parameters = PayloadValue.record(
      "HeadParameters",
      [
        ("contestationPeriod", .named("UnsafeContestationPeriod", .number(60))),
        ("depositPeriod", .named("DepositPeriod", .seconds(3600))), ("parties", all),
      ])
    return Self(
      "HeadOpened", ("parameters", parameters), ("chainState", chainState.value),
      ("headId", .headId(headId)), ("headSeed", .named("UnsafeHeadSeed", .noise(headId ^ 1, 28))),
      ("parties", all))
  }

  static func depositRecorded(
    _ deposit: Ledger.Deposit, id: UInt64, _ chainState: Ledger.ChainState
  ) -> Self {
    Self(
      "DepositRecorded", ("chainState", chainState.value), ("headId", .headId(deposit.headId)),
      ("depositTxId", .id(id)), ("deposited", .utxo(deposit.deposited)),
      ("created", .time(deposit.created)), ("deadline", .time(deposit.deadline)))
  }

  static func depositActivated(_ deposit: Ledger.Deposit, id: UInt64, time: EventTime) -> Self {
    Self(
      "DepositActivated", ("depositTxId", .id(id)), ("chainTime", .time(time)),
      ("deposit", deposit.value))
  }

  static func commitApproved(headId: UInt64, _ utxo: Ledger.UTxO) -> Self {
    Self("CommitApproved", ("headId", .headId(headId)), ("utxoToCommit", .utxo(utxo)))
  }

  static func commitFinalized(
    headId: UInt64, deposit: UInt64, version: UInt64, _ chainState: Ledger.ChainState
  ) -> Self {
    Self(
      "CommitFinalized", ("chainState", chainState.value), ("headId", .headId(headId)),
      ("newVersion", .snapshotVersion(version)), ("depositTxId", .id(deposit)))
  }

  static func decommitRecorded(headId: UInt64, _ transaction: Ledger.Transaction) -> Self {
    Self(
      "DecommitRecorded", ("headId", .headId(headId)), ("decommitTx", .transaction(transaction)))
  }

  static func decommitApproved(
    headId: UInt64, _ transaction: Ledger.Transaction, _ utxo: Ledger.UTxO
  ) -> Self {
    Self(
      "DecommitApproved", ("headId", .headId(headId)),
      ("decommitTxId", .transactionId(transaction)), ("utxoToDecommit", .utxo(utxo)))
  }

  static func decommitFinalized(
    headId: UInt64, _ utxo: Ledger.UTxO, version: UInt64, _ chainState: Ledger.ChainState
  ) -> Self {
    Self(
      "DecommitFinalized", ("chainState", chainState.value), ("headId", .headId(headId)),
      ("distributedUTxO", .utxo(utxo)), ("newVersion", .snapshotVersion(version)))
  }

  static func headClosed(
    headId: UInt64, number: UInt64, _ chainState: Ledger.ChainState, deadline: EventTime
  ) -> Self {
    Self(
      "HeadClosed", ("headId", .headId(headId)), ("snapshotNumber", .snapshotNumber(number)),
      ("chainState", chainState.value), ("contestationDeadline", .time(deadline)))
  }

  static func headContested(
    headId: UInt64, number: UInt64, _ chainState: Ledger.ChainState, deadline: EventTime
  ) -> Self {
    Self(
      "HeadContested", ("headId", .headId(headId)), ("chainState", chainState.value),
      ("contestationDeadline", .time(deadline)), ("snapshotNumber", .snapshotNumber(number)))
  }

  static func headIsReadyToFanout(headId: UInt64) -> Self {
    Self("HeadIsReadyToFanout", ("headId", .headId(headId)))
  }

  static func headFannedOut(
    headId: UInt64, _ utxo: Ledger.UTxO, _ chainState: Ledger.ChainState
  ) -> Self {
    Self(
      "HeadFannedOut", ("headId", .headId(headId)), ("finalizedOutputs", .utxo(utxo)),
      ("chainState", chainState.value))
  }
}
