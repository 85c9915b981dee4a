import CSodium
import EventPersistence

// CBOR (RFC 8949) as a hydra-node after 2.3 writes it: a value is its constructor's name and its fields, one
// after another, with nothing around them. So a list's head counts values, not items.

extension PayloadWriter {
  enum Major: UInt8 {
    case unsigned = 0x00
    case bytes = 0x40
    case text = 0x60
    case array = 0x80
    case map = 0xA0
    case tag = 0xC0
  }

  /// A row of a `hydra.db` of `user_version` 2.
  mutating func append(cborOf change: SimulatedChange, _ id: UInt64, at time: EventTime) {
    append(name: "StateEvent")
    append(.unsigned, id)
    append(cbor: change.tag)
    append(cbor: change.fields)
    append(cbor: time)
  }

  private mutating func append(cbor fields: [PayloadField]) {
    for (_, value) in fields { append(cbor: value) }
  }

  private mutating func append(cbor value: PayloadValue) {
    switch value {
    case .number(let number): append(.unsigned, number)
    case .seconds(let seconds): append(.unsigned, seconds * 1_000_000_000_000)
    case .text(let text): append(cbor: text)
    case .time(let time): append(cbor: time)
    case .noise(let seed, let byteCount): append(bytes: seed, byteCount)
    case .transaction(let transaction):
      // Inside the node's own values it is a byte string.
      var inner = PayloadWriter(capacity: transaction.byteCount + 64)
      _ = inner.append(cborOf: transaction)
      append(.bytes, UInt64(inner.count))
      append(inner.bytes)
    case .transactionId(let transaction):
      var inner = PayloadWriter(capacity: transaction.byteCount + 64)
      let id = inner.append(cborOf: transaction)
      append(.bytes, 32)
      append(id)
    case .utxo(let utxo): append(cbor: utxo)
    case .list(let values, let tellsLength):
      if tellsLength { append(.array, UInt64(values.count)) } else { append(byte: 0x9F) }
      for value in values { append(cbor: value) }
      if !tellsLength { append(byte: 0xFF) }
    case .optional(let value):
      append(.array, value == nil ? 0 : 1)
      if let value { append(cbor: value) }
    case .named(let name, let value):
      append(name: name)
      append(cbor: value)
    case .record(let name, _, let fields):
      append(name: name)
      append(cbor: fields)
    }
  }

  mutating func append(_ major: Major, _ value: UInt64) {
    let high = major.rawValue
    switch value {
    case 0..<24: append(byte: high | UInt8(value))
    case ...0xFF:
      append(byte: high | 24)
      append(byte: UInt8(value))
    case ...0xFFFF: append(high | 25, value, byteCount: 2)
    case ...0xFFFF_FFFF: append(high | 26, value, byteCount: 4)
    default: append(high | 27, value, byteCount: 8)
    }
  }

  private mutating func append(_ head: UInt8, _ value: UInt64, byteCount: UInt64) {
    append(byte: head)
    for index in (0..<byteCount).reversed() {
      append(byte: UInt8(truncatingIfNeeded: value >> (index * 8)))
    }
  }

  /// A constructor, or a newtype of Haskell's.
  mutating func append(name: StaticString) {
    append(.text, UInt64(name.utf8CodeUnitCount))
    append(name)
  }

  mutating func append(cbor text: String) {
    append(.text, UInt64(text.utf8.count))
    append(text: text)
  }

  mutating func append(bytes seed: UInt64, _ byteCount: Int) {
    append(.bytes, UInt64(byteCount))
    append(noise: seed, byteCount)
  }

  mutating func append(cbor time: EventTime) {
    append(.array, 3)
    // The text form gives the day of the year in the Gregorian calendar.
    let days = (time.seconds - (time.seconds % 86_400 + 86_400) % 86_400) / 86_400
    let year = UInt64(time.text(fractionDigits: 0).prefix(4))!
    let newYear = EventTime(String(time.text(fractionDigits: 0).prefix(4)) + "-01-01T00:00:00Z")!
    append(.unsigned, year)
    append(.unsigned, UInt64(days - newYear.seconds / 86_400) + 1)
    append(
      .unsigned,
      UInt64(time.seconds - days * 86_400) * 1_000_000_000_000 + UInt64(time.picoseconds))
  }

  // MARK: - The ledger's own

  mutating func append(_ id: Ledger.TransactionId) {
    withUnsafeBytes(of: id.words) { append($0) }
  }

  /// The id of the transaction whose output is at `index` of a UTxO; ids rise.
  mutating func append(outputId index: Int, _ seed: UInt64) {
    append(byte: UInt8(truncatingIfNeeded: index >> 16))
    append(byte: UInt8(truncatingIfNeeded: index >> 8))
    append(byte: UInt8(truncatingIfNeeded: index))
    append(noise: seed, 29)
  }

  /// A transaction of one input and one output, whose inline datum pads it to the intended size.
  ///
  /// Returns its id.
  mutating func append(cborOf transaction: Ledger.Transaction) -> Ledger.TransactionId {
    let seed = transaction.seed
    append(.array, 4)
    let start = count
    append(.map, 3)
    append(.unsigned, 0)
    append(.tag, 258)
    append(.array, 1)
    append(.array, 2)
    append(bytes: seed ^ 1, 32)
    append(.unsigned, Ledger.index(seed))
    append(.unsigned, 1)
    append(.array, 1)
    append(.map, 3)
    append(.unsigned, 0)
    append(.bytes, UInt64(Address.byteCount))
    Address.bytes(seed).withUnsafeBytes { append($0) }
    append(.unsigned, 1)
    append(.unsigned, Ledger.lovelace(seed))
    append(.unsigned, 2)
    append(.array, 2)
    append(.unsigned, 1)
    append(.tag, 24)
    let datum = max(0, transaction.byteCount - 140)
    let head: UInt64 = datum < 24 ? 1 : datum < 256 ? 2 : datum < 65_536 ? 3 : 5
    append(.bytes, UInt64(datum) + head)
    append(bytes: seed ^ 2, datum)
    append(.unsigned, 2)
    append(.unsigned, 170_000 + seed % 30_000)
    var id = Ledger.TransactionId()
    let body = UnsafeRawBufferPointer(rebasing: bytes[start...])
    _ = withUnsafeMutableBytes(of: &id.words) { id in
      crypto_generichash(id.baseAddress!, 32, body.baseAddress!, UInt64(body.count), nil, 0)
    }
    // No witnesses; valid; no auxiliary data.
    append(.map, 0)
    append(byte: 0xF5)
    append(byte: 0xF6)
    return id
  }

  mutating func append(cbor utxo: Ledger.UTxO) {
    append(.map, UInt64(utxo.count))
    for index in 0..<utxo.count {
      let seed = utxo.seed &+ UInt64(index)
      append(.array, 2)
      append(.bytes, 32)
      append(outputId: index, seed)
      append(.unsigned, Ledger.index(seed))
      append(.array, 2)
      append(.bytes, UInt64(Address.byteCount))
      Address.bytes(seed).withUnsafeBytes { append($0) }
      append(.unsigned, Ledger.lovelace(seed))
    }
  }
}
