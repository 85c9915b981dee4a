internal import EventPersistence
internal import Foundation

/// Whether two lines hold the same event.
enum EventContent {
  enum Verdict: Equatable {
    case same
    /// Where they differ: the path of the first member, as in `stateChanged.tx.txId`.
    case differs(String)
    /// At this path a ledger value has two forms that cannot be compared; everything else is the
    /// same.
    case incomparable(String)
  }

  /// Compares an event of the primary with the line that a sink holds for it.
  ///
  /// They are compared as parsed JSON: the order of members and the spelling of numbers do not
  /// matter. Of ledger values (objects with a `cborHex`), the bytes count, and the other members
  /// that both have. A `time` that only one of the events has equals any. With `isStrict`, only
  /// equal bytes are the same.
  static func compare(
    _ own: UnsafeRawBufferPointer, _ held: UnsafeRawBufferPointer, isStrict: Bool
  ) -> Verdict {
    if own.count == held.count,
      own.count == 0 || memcmp(own.baseAddress!, held.baseAddress!, own.count) == 0
    {
      return .same
    }
    if isStrict { return .differs("bytes") }
    guard let own = ExactJSON(own) else { return .differs("the primary's event is not JSON") }
    guard let held = ExactJSON(held) else { return .differs("the held event is not JSON") }
    guard case .object(var one) = own, case .object(var other) = held else {
      return compare(own, held, at: [])
    }
    let time = Array("time".utf8)
    if one[time] == nil { other[time] = nil }
    if other[time] == nil { one[time] = nil }
    return compare(.object(one), .object(other), at: [])
  }

  private static let cborHex = Array("cborHex".utf8)
  /// The member of a snapshot that a CBOR log does not store.
  private static let accumulator = Array("accumulator".utf8)

  private static func compare(_ own: ExactJSON, _ held: ExactJSON, at path: [String]) -> Verdict {
    if own == held { return .same }
    switch (own, held) {
    case (.object(let one), .object(let other)):
      let oneValue = one[cborHex]
      let otherValue = other[cborHex]
      if case .string(let bytes) = oneValue, case .string(let otherBytes) = otherValue {
        guard isSameHex(bytes, otherBytes) else {
          return .differs((path + ["cborHex"]).joined(separator: "."))
        }
        return compareBeside(one, other, at: path)
      }
      if isBare(one) && otherValue == nil || isBare(other) && oneValue == nil {
        return .incomparable(path.joined(separator: "."))
      }
      return compare(one, other, at: path)
    case (.array(let one), .array(let other)):
      guard one.count == other.count else { return .differs(text(path)) }
      return first(
        zip(one, other).lazy.enumerated().map { compare($1.0, $1.1, at: path + ["\($0)"]) })
    default:
      return .differs(text(path))
    }
  }

  /// Compares the other members of a ledger value. From a CBOR log, there is at most a
  /// transaction's id; a node's JSON also has a type, which says what the bytes are.
  private static func compareBeside(
    _ one: [[UInt8]: ExactJSON], _ other: [[UInt8]: ExactJSON], at path: [String]
  ) -> Verdict {
    let areCommonOnly = isBare(one) || isBare(other)
    func beside(_ own: [[UInt8]: ExactJSON], _ theirs: [[UInt8]: ExactJSON])
      -> [[UInt8]: ExactJSON]
    {
      own.filter { $0.key != cborHex && (!areCommonOnly || theirs[$0.key] != nil) }
    }
    return compare(beside(one, other), beside(other, one), at: path)
  }

  private static func compare(
    _ one: [[UInt8]: ExactJSON], _ other: [[UInt8]: ExactJSON], at path: [String]
  ) -> Verdict {
    let keys = Set(one.keys).union(other.keys).sorted { $0.lexicographicallyPrecedes($1) }
    return first(
      keys.lazy.map { key in
        let here = path + [String(decoding: key, as: UTF8.self)]
        guard let value = one[key], let otherValue = other[key] else {
          return key == accumulator
            ? .incomparable(here.joined(separator: ".")) : .differs(text(here))
        }
        return compare(value, otherValue, at: here)
      })
  }

  /// A difference, if there is one; otherwise the first path that cannot be compared.
  private static func first(_ verdicts: some Sequence<Verdict>) -> Verdict {
    var result = Verdict.same
    for verdict in verdicts {
      if case .differs = verdict { return verdict }
      if result == .same { result = verdict }
    }
    return result
  }

  /// A ledger value from a CBOR log: its bytes, at most with a transaction's id.
  private static func isBare(_ object: [[UInt8]: ExactJSON]) -> Bool {
    object[cborHex] != nil
      && object.keys.allSatisfy { $0 == cborHex || $0 == Array("txId".utf8) }
  }

  private static func isSameHex(_ one: [UInt8], _ other: [UInt8]) -> Bool {
    func lower(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
    return one.count == other.count && zip(one, other).allSatisfy { lower($0) == lower($1) }
  }

  private static func text(_ path: [String]) -> String {
    path.isEmpty ? "the whole" : path.joined(separator: ".")
  }
}
