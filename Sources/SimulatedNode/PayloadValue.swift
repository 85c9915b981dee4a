import EventPersistence

/// A field of a record, in the order of its constructor.
typealias PayloadField = (StaticString, PayloadValue)

/// What a payload says, whichever encoding writes it.
indirect enum PayloadValue {
  case number(UInt64)
  /// A stretch of time: in JSON seconds, in CBOR picoseconds.
  case seconds(UInt64)
  case text(String)
  case time(EventTime)
  /// So many bytes that follow from a seed; JSON has them in hexadecimal.
  case noise(UInt64, Int)
  case transaction(Ledger.Transaction)
  case transactionId(Ledger.Transaction)
  case utxo(Ledger.UTxO)
  case list([PayloadValue], tellsLength: Bool = false)
  case optional(PayloadValue?)
  /// A newtype of Haskell's, which CBOR names.
  case named(StaticString, PayloadValue)
  /// With `hasTag`, JSON names the constructor, which CBOR always does.
  case record(StaticString, hasTag: Bool = false, [PayloadField])

  static func id(_ seed: UInt64) -> Self { .noise(seed, 32) }
  static func headId(_ seed: UInt64) -> Self { .named("UnsafeHeadId", .noise(seed, 28)) }
  static func signature(_ seed: UInt64) -> Self { .named("HydraSignature", .noise(seed, 64)) }
  static func slot(_ number: UInt64) -> Self { .named("ChainSlot", .number(number)) }

  static func snapshotNumber(_ number: UInt64) -> Self {
    .named("UnsafeSnapshotNumber", .number(number))
  }

  static func snapshotVersion(_ number: UInt64) -> Self {
    .named("UnsafeSnapshotVersion", .number(number))
  }
}

extension Ledger.Party {
  var value: PayloadValue { .record("Party", [("vkey", .id(seed))]) }
}

extension Ledger.Host {
  var value: PayloadValue {
    .record("Host", [("hostname", .text(hostname)), ("port", .number(port))])
  }
}

extension Ledger.ChainPoint {
  var value: PayloadValue {
    .record("ChainPoint", hasTag: true, [("slot", .number(slot)), ("blockHash", .id(seed))])
  }
}

extension Ledger.ChainState {
  var value: PayloadValue {
    .record(
      "ChainStateAt",
      [("spendableUTxO", .utxo(spendable)), ("recordedAt", .optional(point.value))])
  }
}

extension Ledger.Snapshot {
  var value: PayloadValue {
    .record(
      "Snapshot",
      [
        ("headId", .headId(headId)), ("version", .snapshotVersion(version)),
        ("number", .snapshotNumber(number)),
        ("confirmed", .list(confirmed.map { .transaction($0) })), ("utxo", .utxo(utxo)),
        ("utxoToCommit", .optional(toCommit.map { .utxo($0) })),
        ("utxoToDecommit", .optional(toDecommit.map { .utxo($0) })),
      ])
  }
}

extension Ledger.Deposit {
  var value: PayloadValue {
    .record(
      "Deposit",
      [
        ("headId", .headId(headId)), ("deposited", .utxo(deposited)), ("created", .time(created)),
        ("deadline", .time(deadline)), ("status", .text("Active")),
      ])
  }
}
