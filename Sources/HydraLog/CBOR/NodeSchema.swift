/// The constructors of a hydra-node's `StateChanged` and what they hold, as its releases after 2.3 write
/// them: each value is its constructor's name, then its fields in the order of their declaration.
///
/// Later releases add constructors and fields; unknown ones are passed on as they are.
enum NodeSchema {
  static let events: [NodeConstructor] =
    network + head + transactions + snapshots + deposits + decommits + fanout + chain

  // MARK: - Events

  private static let network = [
    NodeConstructor("NetworkConnected"),
    NodeConstructor("NetworkDisconnected"),
    NodeConstructor("PeerConnected", ["peer": host]),
    NodeConstructor("PeerDisconnected", ["peer": host]),
    NodeConstructor(
      "NetworkVersionMismatch",
      ["ourVersion": protocolVersion, "theirVersion": .optional(protocolVersion)]),
    NodeConstructor(
      "NetworkClusterIDMismatch", ["clusterPeers": .text, "misconfiguredPeers": .text]),
  ]

  private static let head = [
    NodeConstructor(
      "HeadOpened",
      [
        "parameters": headParameters, "chainState": chainState, "headId": headId,
        "headSeed": headSeed, "parties": .list(party),
      ]),
    NodeConstructor(
      "HeadClosed",
      [
        "headId": headId, "snapshotNumber": snapshotNumber, "chainState": chainState,
        "contestationDeadline": .time,
      ]),
    NodeConstructor(
      "HeadContested",
      [
        "headId": headId, "chainState": chainState, "contestationDeadline": .time,
        "snapshotNumber": snapshotNumber,
      ]),
    NodeConstructor(
      "IgnoredHeadInitializing",
      [
        "headId": headId, "contestationPeriod": contestationPeriod, "parties": .list(party),
        "participants": .list(.named("UnsafeOnChainId", .hex)),
      ]),
    NodeConstructor("LocalStateCleared", ["headId": headId, "snapshotNumber": snapshotNumber]),
    NodeConstructor("Checkpoint", ["state": nodeState]),
  ]

  private static let transactions = [
    NodeConstructor("TransactionReceived", ["tx": .transaction]),
    NodeConstructor("TransactionAppliedToLocalUTxO", ["headId": headId, "tx": .transaction]),
    NodeConstructor(
      "TxInvalid",
      [
        "headId": headId, "utxo": .ledger, "transaction": .transaction,
        "validationError": validationError,
      ]),
  ]

  private static let snapshots = [
    NodeConstructor("SnapshotRequestDecided", ["snapshotNumber": snapshotNumber]),
    NodeConstructor(
      "SnapshotRequested",
      [
        "requestedSnapshot": snapshot, "newLocalTxs": .shortList(.transaction),
        "newCurrentDepositTxId": .optional(.hex),
      ]),
    NodeConstructor(
      "PartySignedSnapshot",
      ["snapshotNumber": snapshotNumber, "party": party, "signature": signature]),
    NodeConstructor(
      "SnapshotConfirmed",
      ["headId": headId, "snapshot": .optional(snapshot), "signatures": multiSignature]),
  ]

  private static let deposits = [
    NodeConstructor(
      "DepositRecorded",
      [
        "chainState": chainState, "headId": headId, "depositTxId": .hex, "deposited": .ledger,
        "created": .time, "deadline": .time,
      ]),
    NodeConstructor(
      "DepositActivated", ["depositTxId": .hex, "chainTime": .time, "deposit": deposit]),
    NodeConstructor(
      "DepositExpired", ["depositTxId": .hex, "chainTime": .time, "deposit": deposit]),
    NodeConstructor(
      "DepositRecovered",
      ["chainState": chainState, "headId": headId, "depositTxId": .hex, "recovered": .ledger]),
    NodeConstructor("CommitApproved", ["headId": headId, "utxoToCommit": .ledger]),
    NodeConstructor(
      "CommitFinalized",
      [
        "chainState": chainState, "headId": headId, "newVersion": snapshotVersion,
        "depositTxId": .hex,
      ]),
  ]

  private static let decommits = [
    NodeConstructor("DecommitRecorded", ["headId": headId, "decommitTx": .transaction]),
    NodeConstructor(
      "DecommitApproved", ["headId": headId, "decommitTxId": .hex, "utxoToDecommit": .ledger]),
    NodeConstructor(
      "DecommitInvalid",
      [
        "headId": headId, "decommitTx": .transaction,
        "decommitInvalidReason": decommitInvalidReason,
      ]),
    NodeConstructor(
      "DecommitFinalized",
      [
        "chainState": chainState, "headId": headId, "distributedUTxO": .ledger,
        "newVersion": snapshotVersion,
      ]),
  ]

  private static let fanout = [
    NodeConstructor("HeadIsReadyToFanout", ["headId": headId]),
    NodeConstructor("HeadFanoutReverted", ["headId": headId]),
    NodeConstructor("HeadFanoutInitiated", ["headId": headId, "remainingOutputs": .ledger]),
    NodeConstructor(
      "HeadPartialFanoutSelected",
      ["headId": headId, "remainingOutputs": .ledger, "selection": .ledger]),
    NodeConstructor(
      "HeadFannedOut", ["headId": headId, "finalizedOutputs": .ledger, "chainState": chainState]),
    NodeConstructor(
      "HeadPartialFannedOut",
      [
        "headId": headId, "distributedOutputs": .ledger, "remainingOutputs": .ledger,
        "chainState": chainState, "mode": fanoutMode,
      ]),
  ]

  private static let chain = [
    NodeConstructor("ChainRolledBack", ["chainState": chainState]),
    NodeConstructor("TickObserved", ["chainPoint": chainPoint, "chainTime": .time]),
    NodeConstructor(
      "NodeUnsynced", ["chainSlot": chainSlot, "chainTime": .time, "drift": .seconds]),
    NodeConstructor(
      "NodeSynced", ["chainSlot": chainSlot, "chainTime": .time, "drift": .seconds]),
  ]
}
