/// The addresses of a ledger transaction's outputs.
///
/// A transaction is `[body, witnesses, …]`; the body is a map with the outputs at 1. An output is a
/// list that begins with its address, or a map with the address at 0 (the ledger's CDDL, eras from
/// Shelley to Conway).
package enum TransactionOutputs {
  /// Whether an output of the transaction has this address; false if `transaction` is not the CBOR
  /// of one.
  ///
  /// Reads the body once, up to its outputs; copies nothing.
  package static func pay(_ address: PaymentAddress, in transaction: [UInt8]) -> Bool {
    transaction.withUnsafeBytes { bytes in
      var cursor = CBORCursor(bytes)
      return (try? pay(address, &cursor)) ?? false
    }
  }

  private static func pay(
    _ address: PaymentAddress, _ cursor: inout CBORCursor
  ) throws(CBORFault) -> Bool {
    guard case .array = try cursor.next(), case .map(let count) = try cursor.next() else {
      return false
    }
    var read: UInt64 = 0
    while count.map({ read < $0 }) ?? true {
      let key = try cursor.next()
      if key == .stop { return false }
      if key == .unsigned(1) { return try anyOutput(&cursor, has: address) }
      _ = try cursor.skipItem()
      read += 1
    }
    return false
  }

  private static func anyOutput(
    _ cursor: inout CBORCursor, has address: PaymentAddress
  ) throws(CBORFault) -> Bool {
    guard case .array(let count) = try cursor.next() else { return false }
    var read: UInt64 = 0
    while count.map({ read < $0 }) ?? true {
      var output = cursor
      if count == nil, try output.next() == .stop { return false }
      output = cursor
      let end = try cursor.skipItem().upperBound
      output = CBORCursor(output.bytes, output.offset..<end)
      if try isOutput(&output, of: address) { return true }
      read += 1
    }
    return false
  }

  private static func isOutput(
    _ cursor: inout CBORCursor, of address: PaymentAddress
  ) throws(CBORFault) -> Bool {
    switch try cursor.next() {
    case .array: return try isNext(address, &cursor)
    case .map:
      while !cursor.isAtEnd {
        let key = try cursor.next()
        if key == .stop { return false }
        if key == .unsigned(0) { return try isNext(address, &cursor) }
        _ = try cursor.skipItem()
      }
      return false
    default: return false
    }
  }

  private static func isNext(
    _ address: PaymentAddress, _ cursor: inout CBORCursor
  ) throws(CBORFault) -> Bool {
    guard case .bytes(let range) = try cursor.next() else { return false }
    return cursor.bytes[range].elementsEqual(address.bytes)
  }
}
