import EventPersistence

// The JSON of a hydra-node: objects with their keys sorted, without white space.

extension PayloadWriter {
  /// The `stateChanged` object.
  mutating func append(json change: SimulatedChange) {
    append(json: change.fields, tag: change.tag)
  }

  private mutating func append(json value: PayloadValue) {
    switch value {
    case .number(let number), .seconds(let number): append(decimal: number)
    case .text(let text): append(quoted: text)
    case .time(let time): append(json: time)
    case .noise(let seed, let byteCount):
      append(byte: 0x22)
      append(noiseHex: seed, byteCount)
      append(byte: 0x22)
    case .transaction(let transaction): append(json: transaction)
    case .transactionId(let transaction):
      append(byte: 0x22)
      append(idHexOf: transaction)
      append(byte: 0x22)
    case .utxo(let utxo): append(json: utxo)
    case .list(let values, _):
      append(byte: 0x5B)
      for (index, value) in values.enumerated() {
        if index > 0 { append(byte: 0x2C) }
        append(json: value)
      }
      append(byte: 0x5D)
    case .optional(let value): if let value { append(json: value) } else { append("null") }
    case .named(_, let value): append(json: value)
    case .record(let name, let hasTag, let fields):
      append(json: fields, tag: hasTag ? name.description : nil)
    }
  }

  private mutating func append(json fields: [PayloadField], tag: String?) {
    var fields = fields
    if let tag { fields.append(("tag", .text(tag))) }
    append(byte: 0x7B)
    var isFirst = true
    for (key, value) in fields.sorted(by: Self.areInOrder) {
      append(isFirst ? "\"" : ",\"")
      isFirst = false
      append(key)
      append("\":")
      append(json: value)
    }
    append(byte: 0x7D)
  }

  private static func areInOrder(_ one: PayloadField, _ other: PayloadField) -> Bool {
    one.0.withUTF8Buffer { one in
      other.0.withUTF8Buffer { one.lexicographicallyPrecedes($0) }
    }
  }

  private mutating func append(quoted text: String) {
    append(byte: 0x22)
    append(text: text)
    append(byte: 0x22)
  }

  mutating func append(json time: EventTime) { append(quoted: time.description) }

  private mutating func append(json transaction: Ledger.Transaction) {
    append("{\"cborHex\":\"")
    let start = count
    let id = append(cborOf: transaction)
    turnIntoHex(from: start)
    append("\",\"description\":\"\",\"txId\":\"")
    append(hex: id)
    append("\",\"type\":\"Tx ConwayEra\"}")
  }

  private mutating func append(idHexOf transaction: Ledger.Transaction) {
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

  private mutating func append(json utxo: Ledger.UTxO) {
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
}
