/// The counts in the body of a ledger transaction.
///
/// A transaction is `[body, witnesses, …]`; the body is a map with the inputs at 0 and the outputs
/// at 1 (the ledger's CDDL, eras from Shelley to Conway). A set may have tag 258.
package struct TransactionBody: Sendable, Hashable {
  package var inputs: Int
  package var outputs: Int

  /// Reads the transaction whose CBOR these hex digits are; nil if they are not one.
  ///
  /// Reads the body once, up to its outputs; uses only the memory of the bytes.
  package init?(hex: String) {
    guard let bytes = HexDigits.bytes(hex.utf8) else { return nil }
    let counts = bytes.withUnsafeBytes { try? Self.counts(CBORCursor($0)) }
    guard let counts, let inputs = counts.inputs, let outputs = counts.outputs else { return nil }
    (self.inputs, self.outputs) = (inputs, outputs)
  }

  private static func counts(_ cursor: CBORCursor) throws -> (inputs: Int?, outputs: Int?) {
    var cursor = cursor
    guard case .array = try cursor.next(), case .map(let count) = try cursor.next() else {
      return (nil, nil)
    }
    var counts: (inputs: Int?, outputs: Int?) = (nil, nil)
    var read: UInt64 = 0
    while count.map({ read < $0 }) ?? true {
      let key = try cursor.next()
      if key == .stop { break }
      switch key {
      case .unsigned(0): counts.inputs = try items(&cursor)
      case .unsigned(1): counts.outputs = try items(&cursor)
      default: _ = try cursor.skipItem()
      }
      if counts.inputs != nil, counts.outputs != nil { break }
      read += 1
    }
    return counts
  }

  private static func items(_ cursor: inout CBORCursor) throws -> Int? {
    var token = try cursor.next()
    if case .tag(258) = token { token = try cursor.next() }
    guard case .array(let count) = token else { return nil }
    var found = 0
    while count.map({ UInt64(found) < $0 }) ?? true {
      if count == nil {
        var ahead = cursor
        if try ahead.next() == .stop {
          cursor = ahead
          break
        }
      }
      _ = try cursor.skipItem()
      found += 1
    }
    return found
  }
}
