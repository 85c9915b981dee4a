extension NodeSchema {
  // MARK: - Names and numbers

  static let headId = NodeShape.named("UnsafeHeadId", .hex)
  static let headSeed = NodeShape.named("UnsafeHeadSeed", .hex)
  static let snapshotNumber = NodeShape.named("UnsafeSnapshotNumber", .integer)
  static let snapshotVersion = NodeShape.named("UnsafeSnapshotVersion", .integer)
  static let contestationPeriod = NodeShape.named("UnsafeContestationPeriod", .integer)
  static let chainSlot = NodeShape.named("ChainSlot", .integer)
  static let protocolVersion = NodeShape.named("ProtocolVersion", .integer)
  static let signature = NodeShape.named("HydraSignature", .hex)

  // MARK: - Records

  static let host = NodeShape.record("Host", ["hostname": .text, "port": .integer])
  static let party = NodeShape.record("Party", ["vkey": .hex])
  static let validationError = NodeShape.record("ValidationError", ["reason": .text])

  static let headParameters = NodeShape.record(
    "HeadParameters",
    [
      "contestationPeriod": contestationPeriod,
      "depositPeriod": .named("DepositPeriod", .seconds), "parties": .list(party),
    ])

  static let multiSignature = NodeShape.record(
    "HydraMultiSignature", ["multiSignature": .list(signature)])

  static let chainPoint = NodeShape.one(
    of: [
      NodeConstructor("ChainPointAtGenesis"),
      NodeConstructor("ChainPoint", ["slot": .integer, "blockHash": .hex]),
    ], .object)

  static let chainState = NodeShape.record(
    "ChainStateAt", ["spendableUTxO": .ledger, "recordedAt": .optional(chainPoint)])

  /// A later layout has a name of its own.
  static let snapshot = NodeShape.one(
    of: [
      NodeConstructor(
        "Snapshot",
        [
          "headId": headId, "version": snapshotVersion, "number": snapshotNumber,
          "confirmed": .list(.transaction), "utxo": .ledger, "utxoToCommit": .optional(.ledger),
          "utxoToDecommit": .optional(.ledger),
        ], isTagged: false, omitting: "accumulator"),
      NodeConstructor(
        "Snapshot2",
        [
          "headId": headId, "version": snapshotVersion, "number": snapshotNumber,
          "confirmed": .list(.transaction), "utxo": .ledger, "utxoToCommit": .optional(.ledger),
          "depositTxId": .optional(.hex), "utxoToDecommit": .optional(.ledger),
        ], isTagged: false, omitting: "accumulator"),
    ], .object)

  static let deposit = NodeShape.record(
    "Deposit",
    [
      "headId": headId, "deposited": .ledger, "created": .time, "deadline": .time,
      "status": .one(
        of: [
          NodeConstructor("Inactive"), NodeConstructor("Active"), NodeConstructor("Expired"),
        ], .word),
    ])

  static let decommitInvalidReason = NodeShape.one(
    of: [
      NodeConstructor(
        "DecommitTxInvalid", ["localUTxO": .ledger, "validationError": validationError]),
      NodeConstructor("DecommitAlreadyInFlight", ["otherDecommitTxId": .hex]),
    ], .object)

  static let fanoutMode = NodeShape.one(
    of: [
      NodeConstructor("AutoDrain"),
      NodeConstructor("DistributingSelection", ["contents": .ledger]),
      NodeConstructor("AwaitingSelection"),
    ], .object)

  // MARK: - The state in a Checkpoint

  static let nodeState: NodeShape = {
    let fields: KeyValuePairs<String, NodeShape> = [
      "headState": headState, "pendingDeposits": .map(key: .hex, value: deposit),
      "chainPointTime": .record(
        "ChainPointTime",
        ["currentSlot": chainSlot, "currentChainTime": .time, "drift": .seconds]),
    ]
    return .one(
      of: [NodeConstructor("NodeInSync", fields), NodeConstructor("NodeCatchingUp", fields)],
      .object)
  }()

  private static let headState = NodeShape.one(
    of: [
      NodeConstructor("Idle", ["contents": .record("IdleState", ["chainState": chainState])]),
      NodeConstructor("Open", ["contents": openState]),
      NodeConstructor("Closed", ["contents": closedState]),
      NodeConstructor("FanoutProgress", ["contents": partialFanoutState]),
    ], .object)

  private static let openState = NodeShape.record(
    "OpenState",
    [
      "parameters": headParameters, "coordinatedHeadState": coordinatedHeadState,
      "chainState": chainState, "headId": headId, "headSeed": headSeed,
    ])

  private static let closedState = NodeShape.record(
    "ClosedState",
    [
      "parameters": headParameters, "confirmedSnapshot": confirmedSnapshot,
      "contestationDeadline": .time, "readyToFanoutSent": .boolean, "chainState": chainState,
      "headId": headId, "headSeed": headSeed, "version": snapshotVersion,
    ])

  private static let partialFanoutState = NodeShape.record(
    "PartialFanoutState",
    [
      "parameters": headParameters, "confirmedSnapshot": confirmedSnapshot,
      "contestationDeadline": .time, "chainState": chainState, "headId": headId,
      "headSeed": headSeed, "version": snapshotVersion, "remainingOutputs": .ledger,
      "distributedOutputs": .ledger, "mode": fanoutMode,
    ])

  private static let coordinatedHeadState = NodeShape.record(
    "CoordinatedHeadState",
    [
      "localUTxO": .ledger, "localTxs": .list(.transaction),
      "allTxs": .map(key: .hex, value: .transaction), "confirmedSnapshot": confirmedSnapshot,
      "seenSnapshot": seenSnapshot, "currentDepositTxId": .optional(.hex),
      "decommitTx": .optional(.transaction), "version": snapshotVersion,
    ])

  private static let confirmedSnapshot = NodeShape.one(
    of: [
      NodeConstructor("InitialSnapshot", ["headId": headId]),
      NodeConstructor(
        "ConfirmedSnapshot", ["snapshot": snapshot, "signatures": multiSignature]),
    ], .object)

  private static let seenSnapshot = NodeShape.one(
    of: [
      NodeConstructor("NoSeenSnapshot"),
      NodeConstructor("LastSeenSnapshot", ["lastSeen": snapshotNumber]),
      NodeConstructor(
        "RequestedSnapshot", ["lastSeen": snapshotNumber, "requested": snapshotNumber]),
      NodeConstructor(
        "SeenSnapshot",
        [
          "snapshot": snapshot,
          "signatories": .map(key: .named("Party", .hex), value: signature),
        ]),
    ], .object)
}
