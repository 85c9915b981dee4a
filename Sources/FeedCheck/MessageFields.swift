internal import HydraLog

/// A message's JSON, and where in it a reader looks.
struct MessageFields: ~Copyable {
  private var tape = JSONTape()
  private var json = UnsafeRawBufferPointer(start: nil, count: 0)

  /// Reads `json`, which must outlive the use of what is found in it; returns whether it is JSON.
  mutating func read(_ json: UnsafeRawBufferPointer) -> Bool {
    self.json = json
    return tape.read(json)
  }

  typealias Index = Int
  static let root: Index = 0

  func kind(_ index: Index) -> JSONTape.Kind { tape.values[index].kind }

  func member(_ key: StaticString, of index: Index = root) -> Index? {
    guard kind(index) == .object else { return nil }
    return tape.member(
      UnsafeRawBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount), of: index, json)
  }

  /// The text of a value; a string's is that between its quotes, escapes as they are.
  func text(_ index: Index) -> UnsafeRawBufferPointer {
    let value = tape.values[index]
    return UnsafeRawBufferPointer(rebasing: json[value.start..<value.end])
  }

  func string(_ index: Index?) -> String? {
    guard let index, kind(index) == .string else { return nil }
    return String(decoding: text(index), as: UTF8.self)
  }

  /// A number without a sign, a point and an exponent, below 2^64.
  func unsigned(_ index: Index?) -> UInt64? {
    guard let index, kind(index) == .number else { return nil }
    return UInt64(String(decoding: text(index), as: UTF8.self))
  }

  func isHex(_ index: Index?, bytes: Int? = nil) -> Bool {
    guard let index, kind(index) == .string else { return false }
    let digits = text(index)
    return digits.count % 2 == 0 && (bytes.map { $0 * 2 == digits.count } ?? true)
      && digits.allSatisfy { Character(UnicodeScalar($0)).isHexDigit }
  }

  /// The values in a list, or the keys of an object.
  func children(_ index: Index) -> [Index] {
    var children: [Index] = []
    var at = index + 1
    while at < tape.values[index].next {
      children.append(at)
      at = kind(index) == .object ? tape.values[at + 1].next : tape.values[at].next
    }
    return children
  }
}
