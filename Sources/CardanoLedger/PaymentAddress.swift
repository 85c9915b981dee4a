/// An address that an output of a transaction can have, from its Bech32 text (CIP-19): `addr1…` on
/// mainnet, `addr_test1…` on a test network.
///
/// Byron addresses are none: a hydra-node compares no output with them.
package struct PaymentAddress: Sendable, Hashable {
  /// As in the CBOR of a transaction's output.
  package let bytes: [UInt8]

  /// Why a text is none, for whoever wrote it.
  package struct Mistake: Error, Sendable, Hashable {
    package var sentence: String
    init(_ sentence: String) { self.sentence = sentence }
  }

  /// A header, the payment part, and for most a part of the stake: CIP-19, "Shelley Addresses".
  private static let hashLength = 28

  package init(_ text: String) throws(Mistake) {
    let expected = "expected a payment address, addr1… or addr_test1…"
    let bech32: Bech32
    do throws(Bech32.Fault) {
      bech32 = try Bech32(text.utf8)
    } catch {
      guard text.lowercased().hasPrefix("addr") else { throw Mistake("\(expected), in Bech32") }
      switch error {
      case .checksum:
        throw Mistake(
          "the checksum of this address is wrong: a character is missing or mistyped")
      case .character:
        throw Mistake("this address has a character that Bech32 does not, or both cases")
      case .form: throw Mistake("\(expected), in Bech32")
      }
    }
    switch bech32.prefix {
    case "stake", "stake_test":
      throw Mistake("a stake address is in no output; \(expected)")
    case "addr", "addr_test": break
    default: throw Mistake("found the prefix \(bech32.prefix); \(expected)")
    }
    guard let bytes = bech32.bytes, let header = bytes.first, Self.isWhole(bytes) else {
      throw Mistake("this address is not whole; \(expected)")
    }
    // The header's low half is the network: 1 on mainnet, 0 on each test network.
    guard header & 0x0F == (bech32.prefix == "addr" ? 1 : 0) else {
      throw Mistake("the prefix \(bech32.prefix) and the network in this address disagree")
    }
    self.bytes = bytes
  }

  /// The header's high half says what follows: two hashes (0 to 3), a hash and a pointer (4 and 5), a
  /// hash (6 and 7).
  private static func isWhole(_ bytes: [UInt8]) -> Bool {
    switch bytes[0] >> 4 {
    case 0...3: bytes.count == 1 + 2 * hashLength
    case 4, 5: bytes.count > 1 + hashLength
    case 6, 7: bytes.count == 1 + hashLength
    default: false
    }
  }
}
