import EventPersistence

extension PayloadWriter {
  /// The `stateChanged` object. Keys are sorted, "tag" among them.
  mutating func append(json change: SimulatedChange) {
    append(byte: 0x7B)
    appendFields(of: change)
    append(byte: 0x7D)
  }

  private mutating func appendTag(_ change: SimulatedChange) {
    append("\"tag\":\"")
    append(text: change.tag)
    append(byte: 0x22)
  }

  private mutating func append(headId: UInt64) {
    append("\"headId\":\"")
    append(noiseHex: headId, 28)
    append("\",")
  }

  private mutating func append(chainState: Ledger.ChainState) {
    append("\"chainState\":")
    append(json: chainState)
    append(byte: 0x2C)
  }

  private mutating func append(depositTxId: UInt64) {
    append("\"depositTxId\":\"")
    append(noiseHex: depositTxId, 32)
    append("\",")
  }

  private mutating func append(key: StaticString, _ time: EventTime) {
    append(key)
    append(json: time)
    append(byte: 0x2C)
  }

  private mutating func append(key: StaticString, _ number: UInt64) {
    append(key)
    append(decimal: number)
  }

  private mutating func append(key: StaticString, _ utxo: Ledger.UTxO) {
    append(key)
    append(json: utxo)
  }

  private mutating func append(key: StaticString, _ transaction: Ledger.Transaction) {
    append(key)
    append(json: transaction)
  }

  private mutating func appendFields(of change: SimulatedChange) {
    switch change {
    case .networkConnected, .peerConnected, .peerDisconnected, .nodeUnsynced, .nodeSynced,
      .tickObserved, .checkpoint:
      appendNodeFields(of: change)
    case .transactionReceived, .transactionApplied, .txInvalid, .snapshotRequestDecided,
      .snapshotRequested, .partySignedSnapshot, .snapshotConfirmed:
      appendLayer2Fields(of: change)
    default:
      appendChainFields(of: change)
    }
  }

  /// Changes of the node and its network.
  private mutating func appendNodeFields(of change: SimulatedChange) {
    switch change {
    case .peerConnected(let peer), .peerDisconnected(let peer):
      append("\"peer\":{\"hostname\":\"")
      append(text: peer.hostname)
      append(key: "\",\"port\":", peer.port)
      append("},")
    case .nodeUnsynced(let slot, let time), .nodeSynced(let slot, let time):
      append(key: "\"chainSlot\":", slot)
      append(key: ",\"chainTime\":", time)
      append("\"drift\":0,")
    case .tickObserved(let point, let time):
      append("\"chainPoint\":")
      append(json: point)
      append(key: ",\"chainTime\":", time)
    case .checkpoint(let chainState, let time):
      append("\"state\":{\"chainPointTime\":{\"currentChainTime\":")
      append(json: time)
      append(key: ",\"currentSlot\":", chainState.point.slot)
      append(",\"drift\":0},\"headState\":{\"contents\":{\"chainState\":")
      append(json: chainState)
      append("},\"tag\":\"Idle\"},\"pendingDeposits\":{},\"tag\":\"NodeInSync\"},")
    default: break
    }
    appendTag(change)
  }

  /// Changes inside a Head.
  private mutating func appendLayer2Fields(of change: SimulatedChange) {
    switch change {
    case .transactionReceived(let transaction):
      appendTag(change)
      append(key: ",\"tx\":", transaction)
    case .transactionApplied(let headId, let transaction):
      append(headId: headId)
      appendTag(change)
      append(key: ",\"tx\":", transaction)
    case .txInvalid(let headId, let transaction, let utxo):
      append(headId: headId)
      appendTag(change)
      append(key: ",\"transaction\":", transaction)
      append(key: ",\"utxo\":", utxo)
      append(",\"validationError\":{\"reason\":\"")
      append(text: SimulatedChange.validationError)
      append("\"}")
    case .snapshotRequestDecided(let number):
      append(key: "\"snapshotNumber\":", number)
      append(byte: 0x2C)
      appendTag(change)
    case .snapshotRequested(let snapshot, let local, let deposit):
      append("\"newCurrentDepositTxId\":")
      if let deposit {
        append(byte: 0x22)
        append(noiseHex: deposit, 32)
        append(byte: 0x22)
      } else {
        append("null")
      }
      append(",\"newLocalTxs\":")
      append(json: local)
      append(",\"requestedSnapshot\":")
      append(json: snapshot)
      append(byte: 0x2C)
      appendTag(change)
    case .partySignedSnapshot(let number, let party, let signature):
      append("\"party\":")
      append(json: party)
      append(",\"signature\":\"")
      append(noiseHex: signature, 64)
      append(key: "\",\"snapshotNumber\":", number)
      append(byte: 0x2C)
      appendTag(change)
    case .snapshotConfirmed(let snapshot, let signatures):
      append(headId: snapshot.headId)
      append("\"signatures\":{\"multiSignature\":[")
      for (index, signature) in signatures.enumerated() {
        append(index == 0 ? "\"" : ",\"")
        append(noiseHex: signature, 64)
        append(byte: 0x22)
      }
      append("]},\"snapshot\":")
      append(json: snapshot)
      append(byte: 0x2C)
      appendTag(change)
    default: break
    }
  }

  /// Changes that the chain reports about a Head.
  private mutating func appendChainFields(of change: SimulatedChange) {
    switch change {
    case .headOpened(let headId, let parties, let chainState):
      append(chainState: chainState)
      append(headId: headId)
      append("\"headSeed\":\"")
      append(noiseHex: headId ^ 1, 28)
      append("\",\"parameters\":{\"contestationPeriod\":60,\"parties\":")
      append(json: parties)
      append("},\"parties\":")
      append(json: parties)
      append(byte: 0x2C)
    case .depositRecorded(let deposit, let id, let chainState):
      append(chainState: chainState)
      append(key: "\"created\":", deposit.created)
      append(key: "\"deadline\":", deposit.deadline)
      append(depositTxId: id)
      append(key: "\"deposited\":", deposit.deposited)
      append(byte: 0x2C)
      append(headId: deposit.headId)
    case .depositActivated(let deposit, let id, let time):
      append(key: "\"chainTime\":", time)
      append("\"deposit\":")
      append(json: deposit)
      append(byte: 0x2C)
      append(depositTxId: id)
    case .commitApproved(let headId, let utxo):
      append(headId: headId)
      appendTag(change)
      append(key: ",\"utxoToCommit\":", utxo)
      return
    case .commitFinalized(let headId, let deposit, let version, let chainState):
      append(chainState: chainState)
      append(depositTxId: deposit)
      append(headId: headId)
      append(key: "\"newVersion\":", version)
      append(byte: 0x2C)
    case .decommitRecorded(let headId, let transaction):
      append(key: "\"decommitTx\":", transaction)
      append(byte: 0x2C)
      append(headId: headId)
    case .decommitApproved(let headId, let transaction, let utxo):
      append("\"decommitTxId\":\"")
      append(idHexOf: transaction)
      append("\",")
      append(headId: headId)
      appendTag(change)
      append(key: ",\"utxoToDecommit\":", utxo)
      return
    case .decommitFinalized(let headId, let utxo, let version, let chainState):
      append(chainState: chainState)
      append(key: "\"distributedUTxO\":", utxo)
      append(byte: 0x2C)
      append(headId: headId)
      append(key: "\"newVersion\":", version)
      append(byte: 0x2C)
    case .headClosed(let headId, let number, let chainState, let deadline),
      .headContested(let headId, let number, let chainState, let deadline):
      append(chainState: chainState)
      append(key: "\"contestationDeadline\":", deadline)
      append(headId: headId)
      append(key: "\"snapshotNumber\":", number)
      append(byte: 0x2C)
    case .headIsReadyToFanout(let headId):
      append(headId: headId)
    case .headFannedOut(let headId, let utxo, let chainState):
      append(chainState: chainState)
      append(key: "\"finalizedOutputs\":", utxo)
      append(byte: 0x2C)
      append(headId: headId)
    default: break
    }
    appendTag(change)
  }
}
