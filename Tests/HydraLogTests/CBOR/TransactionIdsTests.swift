import CardanoLedger
import Testing

@testable import HydraLog

@Suite("The ids of transactions that come again")
struct TransactionIdsTests {
  /// An array of four, as a transaction is, whose body is `body`.
  private func transaction(body: [UInt8]) -> [UInt8] {
    [0x84, 0x59, UInt8(body.count >> 8), UInt8(body.count & 0xFF)] + body + [0xA0, 0xF5, 0xF6]
  }

  private func bytes(_ id: TransactionId?) -> [UInt8]? { id?.withBytes { [UInt8]($0) } }

  @Test("each has its own, however alike they are, whether it came before or not")
  func same() {
    var bodies: [[UInt8]] = []
    for count in [10, 60, 200, 1000, 3000] {
      let body = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37) }
      bodies.append(body)
      for place in [0, count / 2, count - 1] {
        var other = body
        other[place] ^= 1
        bodies.append(other)
      }
    }
    var ids = TransactionIds()
    var found: Set<[UInt8]> = []
    for _ in 0..<3 {
      for body in bodies {
        for _ in 0..<2 {
          transaction(body: body).withUnsafeBytes { transaction in
            let id = bytes(ids.id(of: transaction))
            #expect(id == bytes(TransactionId(of: transaction)))
            if let id { found.insert(id) }
          }
        }
      }
    }
    #expect(found.count == bodies.count)
  }

  @Test("what is not a transaction has none, nor when it comes again")
  func none() {
    var ids = TransactionIds()
    let bytes = [UInt8](repeating: 0xFF, count: 100)
    for _ in 0..<2 { bytes.withUnsafeBytes { #expect(self.bytes(ids.id(of: $0)) == nil) } }
  }
}
