import EventPersistence

// The JSON of a hydra-node: objects with their keys sorted, without white space.

extension PayloadWriter {
  mutating func append(json time: EventTime) {
    append(byte: 0x22)
    append(text: time.description)
    append(byte: 0x22)
  }

  mutating func append(json transaction: Ledger.Transaction) {
    append("{\"cborHex\":\"")
    let start = count
    let id = append(cborOf: transaction)
    turnIntoHex(from: start)
    append("\",\"description\":\"\",\"txId\":\"")
    append(hex: id)
    append("\",\"type\":\"Tx ConwayEra\"}")
  }

  mutating func append(idHexOf transaction: Ledger.Transaction) {
    let start = count
    let id = append(cborOf: transaction)
    removeAll(from: start)
    append(hex: id)
  }

  private mutating func append(hex id: Ledger.TransactionId) {
    let start = count
    append(id)
    turnIntoHex(from: start)
  }

  mutating func append(json transactions: [Ledger.Transaction]) {
    append(byte: 0x5B)
    for (index, transaction) in transactions.enumerated() {
      if index > 0 { append(byte: 0x2C) }
      append(json: transaction)
    }
    append(byte: 0x5D)
  }

  mutating func append(json utxo: Ledger.UTxO) {
    append(byte: 0x7B)
    for index in 0..<utxo.count {
      if index > 0 { append(byte: 0x2C) }
      let seed = utxo.seed &+ UInt64(index)
      append(byte: 0x22)
      let start = count
      append(outputId: index, seed)
      turnIntoHex(from: start)
      append("#")
      append(decimal: Ledger.index(seed))
      append("\":{\"address\":\"")
      append(text: Address.text(seed))
      append("\",\"datum\":null,\"datumhash\":null,\"inlineDatum\":null,\"inlineDatumRaw\":null,")
      append("\"referenceScript\":null,\"value\":{\"lovelace\":")
      append(decimal: Ledger.lovelace(seed))
      append("}}")
    }
    append(byte: 0x7D)
  }

  mutating func append(json utxo: Ledger.UTxO?) {
    if let utxo { append(json: utxo) } else { append("null") }
  }

  mutating func append(json point: Ledger.ChainPoint) {
    append("{\"blockHash\":\"")
    append(noiseHex: point.seed, 32)
    append("\",\"slot\":")
    append(decimal: point.slot)
    append(",\"tag\":\"ChainPoint\"}")
  }

  mutating func append(json state: Ledger.ChainState) {
    append("{\"recordedAt\":")
    append(json: state.point)
    append(",\"spendableUTxO\":")
    append(json: state.spendable)
    append("}")
  }

  mutating func append(json party: Ledger.Party) {
    append("{\"vkey\":\"")
    append(noiseHex: party.seed, 32)
    append("\"}")
  }

  mutating func append(json parties: [Ledger.Party]) {
    append(byte: 0x5B)
    for (index, party) in parties.enumerated() {
      if index > 0 { append(byte: 0x2C) }
      append(json: party)
    }
    append(byte: 0x5D)
  }

  mutating func append(json snapshot: Ledger.Snapshot) {
    append("{\"confirmed\":")
    append(json: snapshot.confirmed)
    append(",\"headId\":\"")
    append(noiseHex: snapshot.headId, 28)
    append("\",\"number\":")
    append(decimal: snapshot.number)
    append(",\"utxo\":")
    append(json: snapshot.utxo)
    append(",\"utxoToCommit\":")
    append(json: snapshot.toCommit)
    append(",\"utxoToDecommit\":")
    append(json: snapshot.toDecommit)
    append(",\"version\":")
    append(decimal: snapshot.version)
    append("}")
  }

  mutating func append(json deposit: Ledger.Deposit) {
    append("{\"created\":")
    append(json: deposit.created)
    append(",\"deadline\":")
    append(json: deposit.deadline)
    append(",\"deposited\":")
    append(json: deposit.deposited)
    append(",\"headId\":\"")
    append(noiseHex: deposit.headId, 28)
    append("\",\"status\":\"Active\"}")
  }
}
