internal import CSodium
internal import EventPersistence

extension JSONWriter {
  /// Appends the JSON of `value`, which was read from `row`.
  mutating func value(_ value: NodeValue, of row: UnsafeRawBufferPointer) {
    switch value {
    case .null: raw("null")
    case .boolean(let value): value ? raw("true") : raw("false")
    case .unsigned(let value): number(value)
    case .negative(let value):
      byte(UInt8(ascii: "-"))
      // -1 minus the greatest is beyond 64 bits.
      value == .max ? raw("18446744073709551616") : number(value + 1)
    case .seconds(let picoseconds, let isNegative):
      if isNegative { byte(UInt8(ascii: "-")) }
      seconds(picoseconds)
    case .text(let text): string(text)
    case .hex(let range): hexString(slice(row, range))
    case .time(let time): string(time.description)
    case .ledger(let range): ledger(slice(row, range))
    case .transaction(let range): transaction(slice(row, range))
    case .array(let values):
      byte(UInt8(ascii: "["))
      for (index, value) in values.enumerated() {
        if index > 0 { byte(UInt8(ascii: ",")) }
        self.value(value, of: row)
      }
      byte(UInt8(ascii: "]"))
    case .object(let members):
      byte(UInt8(ascii: "{"))
      for (index, member) in members.enumerated() {
        if index > 0 { byte(UInt8(ascii: ",")) }
        switch member.key {
        case .name(let name): string(name.text)
        case .hex(let range): hexString(slice(row, range))
        }
        byte(UInt8(ascii: ":"))
        self.value(member.value, of: row)
      }
      byte(UInt8(ascii: "}"))
    }
  }

  private func slice(_ row: UnsafeRawBufferPointer, _ range: Range<Int>) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: row[range])
  }

  private mutating func seconds(_ picoseconds: UInt64) {
    let scale = EventTime.picosecondsASecond
    number(picoseconds / scale)
    var fraction = picoseconds % scale
    guard fraction > 0 else { return }
    byte(UInt8(ascii: "."))
    var unit = scale / 10
    while fraction > 0 {
      byte(UInt8(ascii: "0") + UInt8(fraction / unit))
      fraction %= unit
      unit /= 10
    }
  }

  mutating func ledger(_ bytes: UnsafeRawBufferPointer) {
    raw(#"{"cborHex":"#)
    hexString(bytes)
    byte(UInt8(ascii: "}"))
  }

  private mutating func transaction(_ bytes: UnsafeRawBufferPointer) {
    raw(#"{"cborHex":"#)
    hexString(bytes)
    raw(#","description":"","txId":"#)
    if let id = TransactionId(of: bytes) {
      id.bytes.withUnsafeBytes { hexString($0) }
    } else {
      raw("null")
    }
    raw(#","type":"Tx ConwayEra"}"#)
  }
}

/// The id of a Cardano transaction: BLAKE2b-256 over the bytes of its body, which is the first
/// element of the transaction, unchanged.
struct TransactionId {
  private(set) var bytes: [UInt8]

  /// Nil if `transaction` is not the CBOR of one.
  init?(of transaction: UnsafeRawBufferPointer) {
    var cursor = CBORCursor(transaction)
    guard case .array = try? cursor.next(), let body = try? cursor.skipItem() else { return nil }
    bytes = [UInt8](repeating: 0, count: 32)
    guard Self.isReady,
      crypto_generichash(
        &bytes, bytes.count, transaction.baseAddress! + body.lowerBound, UInt64(body.count), nil,
        0) == 0
    else { return nil }
  }

  /// Chooses the fastest code for this processor.
  private static let isReady = sodium_init() >= 0
}
