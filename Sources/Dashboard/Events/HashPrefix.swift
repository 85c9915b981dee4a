/// The first eight digits of a hash; they find a row without its event.
///
/// A search through the log compares the whole id; loaded rows compare only eight digits. Two
/// transactions agree in these once in four billion times.
package enum HashPrefix {
  /// If an event has more hashes, the first are kept, so that a row's memory is bounded.
  package static let countMax = 64

  private static let digits = 8

  /// The hashes in an event's JSON: each text of 32 hex digits or more, and each that begins with
  /// as many, followed by `#`, as an output's name does. Linear in `json`, which is not parsed.
  package static func all(in json: UnsafeRawBufferPointer) -> [UInt32] {
    var found: [UInt32] = []
    var index = 0
    let end = json.count
    while index + 34 <= end, found.count < countMax {
      guard json[index] == UInt8(ascii: "\"") else {
        index += 1
        continue
      }
      index += 1
      var value: UInt32 = 0
      var count = 0
      while index < end, let digit = hexDigit(json[index]) {
        if count < digits { value = value << 4 | UInt32(digit) }
        count += 1
        index += 1
      }
      // Anything longer than an id is a body, a script or a signature, for which users do not
      // search.
      guard (32...64).contains(count), index < end else { continue }
      let isWhole = json[index] == UInt8(ascii: "\"") || json[index] == UInt8(ascii: "#")
      if isWhole, !found.contains(value) { found.append(value) }
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

  private static func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x61...0x66: byte - 0x61 + 10
    case 0x41...0x46: byte - 0x41 + 10
    default: nil
    }
  }
}
