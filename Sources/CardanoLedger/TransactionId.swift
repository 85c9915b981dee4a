internal import CSodium

/// The id of a Cardano transaction: BLAKE2b-256 over the bytes of its body, which is the first
/// element of the transaction, unchanged.
package struct TransactionId {
  private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

  /// Nil if `transaction` is not the CBOR of one.
  package init?(of transaction: UnsafeRawBufferPointer) {
    var cursor = CBORCursor(transaction)
    guard case .array = try? cursor.next(), let body = try? cursor.skipItem(), Self.isReady else {
      return nil
    }
    let code = withUnsafeMutableBytes(of: &words) { id in
      crypto_generichash(
        id.baseAddress!, id.count, transaction.baseAddress! + body.lowerBound, UInt64(body.count),
        nil, 0)
    }
    guard code == 0 else { return nil }
  }

  package func withBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
    withUnsafeBytes(of: words, body)
  }

  /// Chooses the fastest code for this processor.
  private static let isReady = sodium_init() >= 0
}
