internal import CardanoLedger
internal import Foundation

/// The ids of transactions, and the transactions that came last: a log has each of them several times
/// within a few events, as received, as applied, and in a snapshot.
struct TransactionIds: ~Copyable {
  private struct Slot {
    var count = 0
    var id: TransactionId?
  }

  private static let slotCount = 32
  /// The bytes of a slot. Smaller transactions are not worth it, and larger ones are rare.
  private static let bytesMin = 64
  private static let bytesMax = 2 << 10

  private var slots = InlineArray<32, Slot>(repeating: Slot())
  /// The transactions of the slots.
  private var memory: UnsafeMutableRawPointer?

  deinit { memory?.deallocate() }

  /// The id of `transaction`; nil if it is not the CBOR of one.
  mutating func id(of transaction: UnsafeRawBufferPointer) -> TransactionId? {
    let count = transaction.count
    guard (Self.bytesMin...Self.bytesMax).contains(count) else {
      return TransactionId(of: transaction)
    }
    let memory =
      memory ?? .allocate(byteCount: Self.slotCount * Self.bytesMax, alignment: 16)
    self.memory = memory
    let index = Self.slot(of: transaction)
    let known = memory + index * Self.bytesMax
    if slots[index].count == count, memcmp(known, transaction.baseAddress!, count) == 0 {
      return slots[index].id
    }
    known.copyMemory(from: transaction.baseAddress!, byteCount: count)
    let id = TransactionId(of: transaction)
    slots[index] = Slot(count: count, id: id)
    return id
  }

  /// Told by some bytes in its first half, where its inputs are.
  private static func slot(of transaction: UnsafeRawBufferPointer) -> Int {
    let first = transaction.loadUnaligned(fromByteOffset: 16, as: UInt64.self)
    let second = transaction.loadUnaligned(
      fromByteOffset: transaction.count / 2 - 8, as: UInt64.self)
    let mixed = (first ^ second &* 31 &+ UInt64(transaction.count)) &* 0x9E37_79B9_7F4A_7C15
    return Int(mixed >> 59)
  }
}
