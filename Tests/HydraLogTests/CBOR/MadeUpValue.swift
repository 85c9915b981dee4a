import Foundation

/// An invented value of a node's, in CBOR and as expected in JSON. It is written independently of
/// the schema that it tests.
indirect enum MadeUpValue: Sendable {
  case integer(UInt64)
  case boolean(Bool)
  case text(String)
  case hex
  /// 2026-07-15T10:00:00Z
  case time
  /// Of a `NominalDiffTime`, in JSON a number of seconds.
  case seconds(UInt64)
  /// A UTxO, in the ledger's own CBOR.
  case utxo
  case transaction
  /// A constructor with one field, which is alone in JSON.
  case named(String, MadeUpValue)
  /// A constructor without fields, which is its name in JSON.
  case word(String)
  /// Of indefinite length.
  case list([MadeUpValue])
  /// Of definite length.
  case shortList([MadeUpValue])
  case maybe(MadeUpValue?)
  case map(key: String?, MadeUpValue)
  case record(String, KeyValuePairs<String, MadeUpValue>)
  /// A record that its `tag` distinguishes in JSON.
  case tagged(String, KeyValuePairs<String, MadeUpValue>)

  private static let bytes: [UInt8] = [0xAB, 0x01]
  private static let hexText = "ab01"
  /// A list whose first element, the body, is an empty map.
  private static let transactionBytes: [UInt8] = [0x81, 0xA0]

  func cbor(_ start: CBORText = CBORText()) -> CBORText {
    switch self {
    case .integer(let value): start.unsigned(value)
    case .boolean(let value): start.raw([value ? 0xF5 : 0xF4])
    case .text(let text): start.text(text)
    case .hex: start.blob(Self.bytes)
    case .time: start.time(36_000_000_000_000_000)
    case .seconds(let seconds): start.unsigned(seconds * 1_000_000_000_000)
    case .utxo: start.map(1).unsigned(1).unsigned(2)
    case .transaction: start.blob(Self.transactionBytes)
    case .named(let name, let value): value.cbor(start.text(name))
    case .word(let name): start.text(name)
    case .list(let values): values.reduce(start.raw([0x9F])) { $1.cbor($0) }.raw([0xFF])
    case .shortList(let values):
      values.reduce(start.array(UInt64(values.count))) { $1.cbor($0) }
    case .maybe(let value): value.map { $0.cbor(start.array(1)) } ?? start.array(0)
    case .map(let keyName, let value):
      value.cbor((keyName.map { start.map(1).text($0) } ?? start.map(1)).blob(Self.bytes))
    case .record(let name, let fields), .tagged(let name, let fields):
      fields.reduce(start.text(name)) { $1.value.cbor($0) }
    }
  }

  /// As `JSONSerialization` reads it.
  var json: Any {
    switch self {
    case .integer(let value), .seconds(let value): return value
    case .boolean(let value): return value
    case .text(let text), .word(let text): return text
    case .hex: return Self.hexText
    case .time: return "2026-07-15T10:00:00Z"
    case .utxo: return ["cborHex": "a10102"]
    case .transaction:
      return [
        "cborHex": "81a0", "description": "", "type": "Tx ConwayEra",
        // BLAKE2b-256 of the body.
        "txId": "d36a2619a672494604e11bb447cbcf5231e9f2ba25c2169177edc941bd50ad6c",
      ]
    case .named(_, let value): return value.json
    case .list(let values), .shortList(let values): return values.map(\.json)
    case .maybe(let value): return value?.json ?? NSNull()
    case .map(_, let value): return [Self.hexText: value.json]
    case .record(_, let fields): return Self.object(fields)
    case .tagged(let name, let fields): return Self.object(fields, tag: name)
    }
  }

  private static func object(
    _ fields: KeyValuePairs<String, MadeUpValue>, tag: String? = nil
  ) -> [String: Any] {
    var object = Dictionary(uniqueKeysWithValues: fields.map { ($0.key, $0.value.json) })
    if let tag { object["tag"] = tag }
    return object
  }
}

// MARK: - Values that many events share

extension MadeUpValue {
  static let headId = named("UnsafeHeadId", .hex)
  static let number = named("UnsafeSnapshotNumber", .integer(7))
  static let version = named("UnsafeSnapshotVersion", .integer(2))
  static let slot = named("ChainSlot", .integer(300))
  static let party = record("Party", ["vkey": .hex])
  static let signature = named("HydraSignature", .hex)
  static let signatures = record("HydraMultiSignature", ["multiSignature": .list([signature])])
  static let host = record("Host", ["hostname": .text("10.0.0.2"), "port": .integer(5001)])
  static let period = named("UnsafeContestationPeriod", .integer(60))
  static let invalid = record("ValidationError", ["reason": .text("spent \u{1F9C0}")])
  static let point = tagged("ChainPoint", ["slot": .integer(300), "blockHash": .hex])
  static let chainState = record(
    "ChainStateAt", ["spendableUTxO": .utxo, "recordedAt": .maybe(point)])
  static let parameters = record(
    "HeadParameters",
    [
      "contestationPeriod": period, "depositPeriod": .named("DepositPeriod", .seconds(3600)),
      "parties": .list([party, party]),
    ])
  /// Its array head says one item, but a dozen follow.
  static let snapshot = record(
    "Snapshot",
    [
      "headId": headId, "version": version, "number": number,
      "confirmed": .list([.transaction, .transaction]), "utxo": .utxo,
      "utxoToCommit": .maybe(.utxo), "utxoToDecommit": .maybe(nil),
    ])
  static let deposit = record(
    "Deposit",
    [
      "headId": headId, "deposited": .utxo, "created": .time, "deadline": .time,
      "status": .word("Active"),
    ])
}
