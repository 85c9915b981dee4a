/// The first eight digits of a transaction's id; they find a row without its event.
///
/// A search through the log compares the whole id; loaded rows compare only eight digits. Two
/// transactions agree in these once in four billion times.
package enum HashPrefix {
  /// If an event has more ids, the first are kept, so that a row's memory is bounded.
  package static let countMax = 64

  private static let digits = 8

  /// Those of the transactions in an event's JSON: see `TransactionIds`.
  package static func all(in json: UnsafeRawBufferPointer) -> [UInt32] {
    var found: [UInt32] = []
    TransactionIds.find(in: json) { id in
      let value = id.prefix(digits).reduce(UInt32(0)) { $0 << 4 | UInt32(hexDigit($1) ?? 0) }
      if !found.contains(value) { found.append(value) }
      return found.count < countMax
    }
    return found
  }

  /// Whether a hash begins with these digits, judged by its first eight.
  static func begins(_ hash: UInt32, with text: String) -> Bool {
    var wanted: UInt32 = 0
    var count = 0
    for byte in text.utf8.prefix(digits) {
      guard let digit = hexDigit(byte) else { return false }
      wanted = wanted << 4 | UInt32(digit)
      count += 1
    }
    return count > 0 && hash >> UInt32(4 * (digits - count)) == wanted
  }

  fileprivate static func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x61...0x66: byte - 0x61 + 10
    case 0x41...0x46: byte - 0x41 + 10
    default: nil
    }
  }
}

/// The ids of transactions in an event's JSON, which is not parsed.
enum TransactionIds {
  private static let length = 64
  private static let keys = ["txid", "txids", "transactionid", "transactionids"].map {
    Array($0.utf8)
  }

  /// Calls `body` with the digits of each id until it returns false: of each text of 64 hex digits under a key such
  /// as `txId`, `depositTxId` or `requestedTxIds`, and of each name of an output (`ID#INDEX`). Other texts of that
  /// length are hashes of blocks, scripts and keys. Linear in `json`.
  static func find(
    in json: UnsafeRawBufferPointer, _ body: (Slice<UnsafeRawBufferPointer>) -> Bool
  ) {
    var isUnderKey = false
    var index = 0
    while let quote = json[index...].firstIndex(of: UInt8(ascii: "\"")) {
      var end = quote + 1
      while end < json.count, json[end] != UInt8(ascii: "\"") {
        end += json[end] == UInt8(ascii: "\\") ? 2 : 1
      }
      guard end < json.count else { return }
      let text = json[(quote + 1)..<end]
      index = end + 1
      let isOutput = text.count > length && text[text.startIndex + length] == UInt8(ascii: "#")
      if isOutput || isUnderKey && text.count == length {
        let id = text.prefix(length)
        if id.allSatisfy({ HashPrefix.hexDigit($0) != nil }), !body(id) { return }
      }
      let next = json[index...].first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }
      if next == UInt8(ascii: ":"), !isOutput {
        isUnderKey = keys.contains { ends(text, with: $0) }
      }
    }
  }

  /// Whether a key ends with `name`, ignoring the case of ASCII letters.
  private static func ends(_ key: Slice<UnsafeRawBufferPointer>, with name: [UInt8]) -> Bool {
    key.suffix(name.count).elementsEqual(name) { $0 | 0x20 == $1 }
  }
}
