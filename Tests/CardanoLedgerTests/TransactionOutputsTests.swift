import CardanoLedger
import Testing

@Suite struct TransactionOutputsTests {
  private static let text = "addr1vx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzers66hrl8"

  /// A transaction whose body is this.
  private static func pays(_ body: [UInt8]) throws -> Bool {
    TransactionOutputs.pay(try PaymentAddress(text), in: [0x84] + body + [0xA0, 0xF5, 0xF6])
  }

  private static func address() throws -> [UInt8] {
    [0x58, 29] + (try PaymentAddress(text)).bytes
  }

  @Test("an output is a list or a map, in lists of known and of unknown length")
  func forms() throws {
    let address = try Self.address()
    let other = address.dropLast() + [0]
    for (list, end) in [([0x82] as [UInt8], [] as [UInt8]), ([0x9F], [0xFF])] {
      let old = try Self.pays(
        [0xA2, 0x00, 0x80, 0x01] + list + [0x82] + other + [0x01, 0x82] + address + [0x02] + end)
      #expect(old)
      // The address need not be the map's first.
      let new = try Self.pays(
        [0xBF, 0x00, 0x80, 0x01] + list + [0xA2, 0x00] + other + [
          0x01, 0x01, 0xA2, 0x01, 0x02, 0x00,
        ]
          + address + end + [0xFF])
      #expect(new)
    }
    #expect(try !Self.pays([0xA2, 0x00, 0x80, 0x01, 0x81, 0x82] + other + [0x01]))
  }

  @Test("the address elsewhere in the transaction does not count")
  func elsewhere() throws {
    let address = try Self.address()
    // In a datum, and at another key of the body.
    #expect(try !Self.pays([0xA1, 0x01, 0x81, 0xA1, 0x02] + address))
    #expect(try !Self.pays([0xA2, 0x05, 0x81, 0x82] + address + [0x01, 0x01, 0x80]))
    #expect(try !Self.pays([0xA2, 0x01, 0x80, 0x10, 0x82] + address + [0x01]))
  }

  @Test(
    "what is not a transaction pays nobody, and ends",
    arguments: [
      [], [0x84], [0x84, 0xBF], [0x84, 0xA1, 0x01], [0x84, 0xA1, 0x01, 0x9F],
      [0x84, 0xA1, 0x01, 0x9B, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
      [0x84, 0xA1, 0x01, 0x81, 0xBF], [0x84, 0xA1, 0x01, 0x81, 0x60], [0xA0], [0x84, 0xBF, 0xFF],
    ] as [[UInt8]])
  func nonsense(bytes: [UInt8]) throws {
    #expect(!TransactionOutputs.pay(try PaymentAddress(Self.text), in: bytes))
  }
}
