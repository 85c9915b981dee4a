import EventPersistence

/// The ledger values in events. Each is a seed from which its bytes follow, so that a transaction
/// is the same wherever it appears, and nothing is stored.
enum Ledger {
  struct Transaction {
    var seed: UInt64
    /// The approximate size of its CBOR.
    var byteCount: Int
  }

  struct UTxO {
    var seed: UInt64
    var count: Int
  }

  /// A Head's parties, by their number.
  struct Party {
    var seed: UInt64
  }

  struct ChainPoint {
    var slot: UInt64
    var seed: UInt64
  }

  struct ChainState {
    var point: ChainPoint
    var spendable: UTxO
  }

  struct Snapshot {
    var headId: UInt64
    var version: UInt64
    var number: UInt64
    var confirmed: [Transaction]
    var utxo: UTxO
    var toCommit: UTxO?
    var toDecommit: UTxO?
  }

  struct Deposit {
    var headId: UInt64
    var created: EventTime
    var deadline: EventTime
    var deposited: UTxO
  }

  struct Host {
    var number: UInt64
    var hostname: String { "10.0.0.\(number + 2)" }
    var port: UInt64 { 5001 }
  }

  /// The value of this seed's output: a little over 1 to 100 ada.
  static func lovelace(_ seed: UInt64) -> UInt64 { 1_000_000 + seed % 99_000_000 }

  /// Its index among its transaction's outputs.
  static func index(_ seed: UInt64) -> UInt64 { seed % 3 }

  /// The BLAKE2b-256 of a transaction's body.
  struct TransactionId {
    var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
  }
}
