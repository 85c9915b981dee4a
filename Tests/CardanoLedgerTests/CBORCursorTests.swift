import Testing

@testable import CardanoLedger

@Suite("CBOR as a stream of tokens")
struct CBORCursorTests {
  private func tokens(_ bytes: [UInt8]) throws -> [CBORCursor.Token] {
    try bytes.withUnsafeBytes { bytes in
      var cursor = CBORCursor(bytes)
      var found: [CBORCursor.Token] = []
      while !cursor.isAtEnd { found.append(try cursor.next()) }
      return found
    }
  }

  private func item(_ bytes: [UInt8]) throws -> Range<Int> {
    try bytes.withUnsafeBytes { bytes in
      var cursor = CBORCursor(bytes)
      return try cursor.skipItem()
    }
  }

  @Test("heads of each length of argument, from RFC 8949 appendix A")
  func heads() throws {
    #expect(try tokens([0x00, 0x17, 0x18, 0x18]) == [.unsigned(0), .unsigned(23), .unsigned(24)])
    #expect(try tokens([0x19, 0x03, 0xE8]) == [.unsigned(1000)])
    #expect(try tokens([0x1A, 0x00, 0x0F, 0x42, 0x40]) == [.unsigned(1_000_000)])
    #expect(try tokens([0x1B] + [UInt8](repeating: 0xFF, count: 8)) == [.unsigned(.max)])
    #expect(try tokens([0x20, 0x38, 0x63]) == [.negative(0), .negative(99)])
    #expect(try tokens([0x43, 1, 2, 3, 0x61, 0x61]) == [.bytes(1..<4), .text(5..<6)])
    #expect(
      try tokens([0x83, 0x9F, 0xFF, 0xA1, 0xBF]) == [
        .array(3), .array(nil), .stop, .map(1), .map(nil),
      ])
    #expect(
      try tokens([0xD9, 0x01, 0x02, 0xF4, 0xF5, 0xF6]) == [
        .tag(258), .simple(20), .simple(21), .simple(22),
      ])
    #expect(try tokens([0xF9, 0x3C, 0x00, 0x5F, 0x7F]) == [.float, .chunkedBytes, .chunkedText])
  }

  @Test(
    "an early end or a reserved head is a fault, however much it claims to hold",
    arguments: [
      ([0x18], .ended), ([0x1B, 0, 0, 0], .ended), ([0x42, 1], .ended),
      ([0x5B, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], .ended), ([0x1C], .reserved),
      ([0x1F], .reserved), ([0x3F], .reserved), ([0xDF], .reserved),
    ] as [([UInt8], CBORFault)])
  func faults(bytes: [UInt8], fault: CBORFault) {
    #expect(throws: fault) { try tokens(bytes) }
  }

  @Test(
    "a whole item ends where its last part does",
    arguments: [
      ([0x00], 1), ([0x80], 1), ([0x83, 1, 2, 3, 4], 4), ([0xA1, 1, 2, 3], 3),
      ([0x9F, 1, 0x82, 2, 3, 0xFF, 9], 6), ([0xBF, 1, 2, 0xFF, 9], 4),
      ([0xD8, 0x18, 0x41, 0xFF, 9], 4), ([0x5F, 0x41, 1, 0x41, 2, 0xFF, 9], 6),
      ([0x82, 0xA0, 0x81, 0x80, 9], 4), ([0xC1, 0x80, 9], 2),
    ] as [([UInt8], Int)])
  func items(bytes: [UInt8], count: Int) throws {
    #expect(try item(bytes) == 0..<count)
    for cut in 0..<count {
      #expect(throws: CBORFault.ended) { try item(Array(bytes[..<cut])) }
    }
  }

  @Test("depth is bounded, and so is the count that a head may claim")
  func bounds() throws {
    let deep = [UInt8](repeating: 0x81, count: OpenItems.depthMax) + [0]
    #expect(try item(deep) == 0..<deep.count)
    #expect(throws: CBORFault.tooDeep) { try item([0x81] + deep) }
    #expect(throws: CBORFault.unexpected) { try item([0xFF]) }
    #expect(throws: CBORFault.unexpected) { try item([0x82, 0x00, 0xFF]) }
    #expect(throws: CBORFault.ended) {
      try item([0xBB] + [UInt8](repeating: 0xFF, count: 8) + [0, 0])
    }
    #expect(throws: CBORFault.ended) {
      try item([0x9B] + [UInt8](repeating: 0xFF, count: 8) + [0, 0])
    }
  }
}
