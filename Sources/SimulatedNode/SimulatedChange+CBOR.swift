import EventPersistence

extension PayloadWriter {
  /// A row of a `hydra.db` of `user_version` 2.
  mutating func append(cborOf change: SimulatedChange, _ id: UInt64, at time: EventTime) {
    append(name: "StateEvent", id)
    append(cbor: change.tag)
    appendCBORFields(of: change)
    append(cbor: time)
  }

  private mutating func appendCBORFields(of change: SimulatedChange) {
    switch change {
    case .networkConnected, .peerConnected, .peerDisconnected, .nodeUnsynced, .nodeSynced,
      .tickObserved, .checkpoint:
      appendCBORNodeFields(of: change)
    case .transactionReceived, .transactionApplied, .txInvalid, .snapshotRequestDecided,
      .snapshotRequested, .partySignedSnapshot, .snapshotConfirmed:
      appendCBORLayer2Fields(of: change)
    default:
      appendCBORChainFields(of: change)
    }
  }

  private mutating func appendCBORNodeFields(of change: SimulatedChange) {
    switch change {
    case .peerConnected(let peer), .peerDisconnected(let peer): append(cbor: peer)
    case .nodeUnsynced(let slot, let time), .nodeSynced(let slot, let time):
      append(name: "ChainSlot", slot)
      append(cbor: time)
      append(.unsigned, 0)
    case .tickObserved(let point, let time):
      append(cbor: point)
      append(cbor: time)
    case .checkpoint(let chainState, let time):
      append(name: "NodeInSync")
      append(name: "Idle")
      append(name: "IdleState")
      append(cbor: chainState)
      append(.map, 0)
      append(name: "ChainPointTime")
      append(name: "ChainSlot", chainState.point.slot)
      append(cbor: time)
      append(.unsigned, 0)
    default: break
    }
  }

  private mutating func appendCBORLayer2Fields(of change: SimulatedChange) {
    switch change {
    case .transactionReceived(let transaction): append(cbor: transaction)
    case .transactionApplied(let headId, let transaction):
      append(cborHeadId: headId)
      append(cbor: transaction)
    case .txInvalid(let headId, let transaction, let utxo):
      append(cborHeadId: headId)
      append(cbor: utxo)
      append(cbor: transaction)
      append(name: "ValidationError")
      append(cbor: SimulatedChange.validationError)
    case .snapshotRequestDecided(let number): append(name: "UnsafeSnapshotNumber", number)
    case .snapshotRequested(let snapshot, let local, let deposit):
      append(cbor: snapshot)
      // Only this list has a definite length, up to 23.
      if local.count < 24 {
        append(.array, UInt64(local.count))
        for transaction in local { append(cbor: transaction) }
      } else {
        appendList(of: local) { $0.append(cbor: $1) }
      }
      append(.array, deposit == nil ? 0 : 1)
      if let deposit { append(bytes: deposit, 32) }
    case .partySignedSnapshot(let number, let party, let signature):
      append(name: "UnsafeSnapshotNumber", number)
      append(cbor: party)
      append(name: "HydraSignature", bytes: signature, 64)
    case .snapshotConfirmed(let snapshot, let signatures):
      append(cborHeadId: snapshot.headId)
      append(.array, 1)
      append(cbor: snapshot)
      append(name: "HydraMultiSignature")
      appendList(of: signatures) { $0.append(name: "HydraSignature", bytes: $1, 64) }
    default: break
    }
  }

  private mutating func appendCBORChainFields(of change: SimulatedChange) {
    switch change {
    case .headOpened(let headId, let parties, let chainState):
      append(name: "HeadParameters")
      append(name: "UnsafeContestationPeriod", 60)
      append(name: "DepositPeriod", 3_600_000_000_000_000)
      appendList(of: parties) { $0.append(cbor: $1) }
      append(cbor: chainState)
      append(cborHeadId: headId)
      append(name: "UnsafeHeadSeed", bytes: headId ^ 1, 28)
      appendList(of: parties) { $0.append(cbor: $1) }
    case .depositRecorded(let deposit, let id, let chainState):
      append(cbor: chainState)
      append(cborHeadId: deposit.headId)
      append(bytes: id, 32)
      append(cbor: deposit.deposited)
      append(cbor: deposit.created)
      append(cbor: deposit.deadline)
    case .depositActivated(let deposit, let id, let time):
      append(bytes: id, 32)
      append(cbor: time)
      append(cbor: deposit)
    case .commitApproved(let headId, let utxo):
      append(cborHeadId: headId)
      append(cbor: utxo)
    case .commitFinalized(let headId, let deposit, let version, let chainState):
      append(cbor: chainState)
      append(cborHeadId: headId)
      append(name: "UnsafeSnapshotVersion", version)
      append(bytes: deposit, 32)
    case .decommitRecorded(let headId, let transaction):
      append(cborHeadId: headId)
      append(cbor: transaction)
    case .decommitApproved(let headId, let transaction, let utxo):
      append(cborHeadId: headId)
      var inner = PayloadWriter()
      let id = inner.append(cborOf: transaction)
      append(.bytes, 32)
      append(id)
      append(cbor: utxo)
    case .decommitFinalized(let headId, let utxo, let version, let chainState):
      append(cbor: chainState)
      append(cborHeadId: headId)
      append(cbor: utxo)
      append(name: "UnsafeSnapshotVersion", version)
    case .headClosed(let headId, let number, let chainState, let deadline):
      append(cborHeadId: headId)
      append(name: "UnsafeSnapshotNumber", number)
      append(cbor: chainState)
      append(cbor: deadline)
    case .headContested(let headId, let number, let chainState, let deadline):
      append(cborHeadId: headId)
      append(cbor: chainState)
      append(cbor: deadline)
      append(name: "UnsafeSnapshotNumber", number)
    case .headIsReadyToFanout(let headId): append(cborHeadId: headId)
    case .headFannedOut(let headId, let utxo, let chainState):
      append(cborHeadId: headId)
      append(cbor: utxo)
      append(cbor: chainState)
    default: break
    }
  }
}
