import Foundation

@testable import FeedSink

/// The filter by address, written a second time for one purpose only: to be plainly right. It reads the
/// whole transaction into a tree, writes each output's address as text, and compares texts, as the
/// node does.
enum SlowAddressFilter {
  indirect enum Item {
    case number(UInt64)
    case bytes([UInt8])
    case list([Item])
    case map([(Item, Item)])
    case other
  }

  struct Failure: Error {}

  /// The texts of the addresses that a transaction pays; those of Byron have none.
  static func addresses(cborHex: String) throws -> [String] {
    var bytes: [UInt8] = []
    var digits = cborHex[...]
    while let pair = UInt8(digits.prefix(2), radix: 16) {
      bytes.append(pair)
      digits = digits.dropFirst(2)
    }
    var rest = bytes[...]
    guard case .list(let parts) = try item(&rest), case .map(let body)? = parts.first else {
      throw Failure()
    }
    for case (.number(1), .list(let outputs)) in body {
      return outputs.compactMap { output in
        switch output {
        case .list(let parts): text(parts.first)
        case .map(let members):
          text(members.first { if case .number(0) = $0.0 { true } else { false } }?.1)
        default: nil
        }
      }
    }
    return []
  }

  /// Which of `frames` a consumer with `address` gets.
  static func filter(_ frames: [String], _ address: String) throws -> [String] {
    try frames.filter { frame in
      let output = try TestConsumer.json(frame)
      func cborHex(_ transaction: Any?) -> String? {
        (transaction as? [String: Any])?["cborHex"] as? String
      }
      var transactions: [String?]
      switch output["tag"] as? String {
      case "TxValid", "TxInvalid": transactions = [cborHex(output["transaction"])]
      case "SnapshotConfirmed":
        let snapshot = output["snapshot"] as? [String: Any]
        transactions = (snapshot?["confirmed"] as? [Any] ?? []).map(cborHex)
      default: return true
      }
      return try transactions.compactMap { $0 }
        .contains { try addresses(cborHex: $0).contains(address) }
    }
  }

  // MARK: - CBOR

  private static func item(_ rest: inout ArraySlice<UInt8>) throws -> Item {
    guard let head = rest.popFirst() else { throw Failure() }
    let argument: Int?
    switch head & 31 {
    case 31: argument = nil
    case 24...27:
      let count = 1 << Int(head & 3)
      argument = rest.prefix(count).reduce(0) { $0 &<< 8 | Int($1) }
      rest = rest.dropFirst(count)
    default: argument = Int(head & 31)
    }
    func isOver(_ done: Int) -> Bool {
      if let argument { return done == argument }
      guard rest.first == 0xFF else { return false }
      rest.removeFirst()
      return true
    }
    switch head >> 5 {
    case 0: return .number(UInt64(truncatingIfNeeded: argument ?? 0))
    case 2, 3:
      if let argument {
        defer { rest = rest.dropFirst(argument) }
        return .bytes(Array(rest.prefix(argument)))
      }
      while !isOver(0) { _ = try item(&rest) }
      return .other
    case 4:
      var items: [Item] = []
      while !isOver(items.count) { items.append(try item(&rest)) }
      return .list(items)
    case 5:
      var members: [(Item, Item)] = []
      while !isOver(members.count) { members.append((try item(&rest), try item(&rest))) }
      return .map(members)
    case 6: return try item(&rest)
    default: return .other
    }
  }

  // MARK: - Bech32

  /// Bit by bit, as BIP 173 describes it.
  private static func text(_ address: Item?) -> String? {
    guard case .bytes(let bytes)? = address, let header = bytes.first, header >> 4 < 8 else {
      return nil
    }
    let prefix = header & 15 == 1 ? "addr" : "addr_test"
    var bits = bytes.flatMap { byte in (0..<8).map { byte >> (7 - $0) & 1 } }
    while bits.count % 5 != 0 { bits.append(0) }
    let data = stride(from: 0, to: bits.count, by: 5).map {
      bits[$0..<$0 + 5].reduce(0) { $0 * 2 + Int($1) }
    }
    let expanded = prefix.utf8.map { Int($0) / 32 } + [0] + prefix.utf8.map { Int($0) % 32 }
    var sum = 1
    for value in expanded + data + [0, 0, 0, 0, 0, 0] {
      let top = sum / (1 << 25)
      sum = sum % (1 << 25) * 32 ^ value
      for (bit, generator) in [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3]
        .enumerated()
      where top / (1 << bit) % 2 == 1 {
        sum ^= generator
      }
    }
    sum ^= 1
    let check = (0..<6).map { sum / (1 << (5 * (5 - $0))) % 32 }
    let alphabet = Array("qpzry9x8gf2tvdw0s3jn54khce6mua7l")
    return prefix + "1" + String((data + check).map { alphabet[$0] })
  }
}
