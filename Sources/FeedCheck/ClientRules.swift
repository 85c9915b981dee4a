internal import CardanoLedger
internal import HydraLog

/// What a client does with one message.
enum Handling: Equatable {
  case takes
  case passesOver
  case drops(Objection)
  case fails(Objection)

  struct Objection: Equatable {
    var key: String?
    var reason: String

    init(_ key: String?, _ reason: String) {
      self.key = key
      self.reason = reason
    }
  }
}

/// The rules of Oura's source `Hydra`: it needs `seq`, `tag`, a `headId` that is absent or
/// hexadecimal, and in `TxValid` the transaction; it logs any other message as an error and drops it.
enum OuraRules {
  /// The bounds of its WebSocket library, tungstenite: beyond them the connection ends.
  static let frameBytesMax = 16 << 20
  static let messageBytesMax = FeedMessage.bytesMax

  static func objection(toSize message: FeedMessage) -> Handling.Objection? {
    if message.frameBytes > frameBytesMax {
      return Handling.Objection(
        nil, "a frame of \(message.frameBytes) bytes, where its library takes \(frameBytesMax)")
    }
    if message.byteCount > messageBytesMax {
      return Handling.Objection(
        nil, "a message of \(message.byteCount) bytes, where its library takes \(messageBytesMax)")
    }
    return nil
  }

  static func handling(_ fields: borrowing MessageFields) -> Handling {
    let tag = fields.member("tag")
    // It has no `seq`, here as with a node: Oura drops it, and loses nothing.
    if fields.string(tag) == "Greetings" { return .passesOver }
    func drops(_ key: String, _ reason: String) -> Handling { .drops(.init(key, reason)) }
    guard let seq = fields.member("seq") else { return drops("seq", "is missing") }
    guard fields.unsigned(seq) != nil else { return drops("seq", "is no unsigned integer") }
    guard let tag, fields.kind(tag) == .string else { return drops("tag", "is missing") }
    if let head = fields.member("headId") {
      guard fields.kind(head) != .null else { return drops("headId", "is null") }
      guard fields.isHex(head) else { return drops("headId", "is not hexadecimal") }
    }
    guard fields.string(tag) == "TxValid" else { return .takes }
    guard let transaction = fields.member("transaction") else {
      return drops("transaction", "is missing")
    }
    guard fields.isHex(fields.member("cborHex", of: transaction)) else {
      return drops("transaction.cborHex", "is missing or not hexadecimal")
    }
    return .takes
  }
}

/// The rules of Kupo's source `--hydra-host`: of three tags it needs certain fields, and ends without
/// them; all else is passed over.
enum KupoRules {
  static func handling(_ fields: borrowing MessageFields) -> Handling {
    func fails(_ key: String?, _ reason: String) -> Handling { .fails(.init(key, reason)) }
    guard fields.kind(MessageFields.root) == .object else { return fails(nil, "is no object") }
    guard let tag = fields.member("tag"), fields.kind(tag) != .null else { return .passesOver }
    guard let name = fields.string(tag) else { return fails("tag", "is no text") }
    switch name {
    case "HeadIsOpen":
      guard let utxo = fields.member("utxo") else { return fails("utxo", "is missing") }
      return objection(toUTxO: utxo, fields).map { .fails($0) } ?? .takes
    case "TxValid":
      guard fields.isHex(fields.member("transactionId"), bytes: 32) else {
        return fails("transactionId", "is missing or no id of a transaction")
      }
      return .takes
    case "SnapshotConfirmed": return snapshot(fields)
    default: return .passesOver
    }
  }

  private static func snapshot(_ fields: borrowing MessageFields) -> Handling {
    guard let snapshot = fields.member("snapshot"), fields.kind(snapshot) == .object else {
      return .fails(.init("snapshot", "is missing"))
    }
    guard fields.unsigned(fields.member("number", of: snapshot)) != nil else {
      return .fails(.init("snapshot.number", "is missing or no unsigned integer"))
    }
    guard let confirmed = fields.member("confirmed", of: snapshot), fields.kind(confirmed) == .array
    else { return .fails(.init("snapshot.confirmed", "is missing or no list")) }
    for (number, transaction) in fields.children(confirmed).enumerated() {
      let key = "snapshot.confirmed[\(number)].cborHex"
      guard let cbor = fields.member("cborHex", of: transaction), fields.isHex(cbor) else {
        return .fails(.init(key, "is missing or not hexadecimal"))
      }
      let hex = String(decoding: fields.text(cbor), as: UTF8.self)
      guard TransactionBody(hex: hex) != nil else {
        return .fails(.init(key, "is not the CBOR of a transaction"))
      }
    }
    return .takes
  }

  /// An object of `"txId#ix": {address, value, datumHash?, datum?, script?}`.
  private static func objection(
    toUTxO utxo: MessageFields.Index, _ fields: borrowing MessageFields
  ) -> Handling.Objection? {
    guard fields.kind(utxo) == .object else { return .init("utxo", "is no object") }
    for reference in fields.children(utxo) {
      let name = String(decoding: fields.text(reference), as: UTF8.self)
      let output = reference + 1
      guard isReference(name) else { return .init("utxo", "has a key that is no TXID#INDEX") }
      guard let address = fields.member("address", of: output), fields.kind(address) == .string,
        CardanoAddress(fields.text(address)) != nil
      else { return .init("utxo.\(name).address", "is missing or no address") }
      guard let value = fields.member("value", of: output), fields.kind(value) == .object else {
        return .init("utxo.\(name).value", "is missing or no object")
      }
      for (key, isRight) in [
        (
          "datumHash", isNull("datumHash", output, fields) || isHex("datumHash", 32, output, fields)
        ),
        ("datum", isNull("datum", output, fields) || isHex("datum", nil, output, fields)),
        ("script", isNull("script", output, fields) || isHex("script", nil, output, fields)),
      ] where !isRight {
        return .init("utxo.\(name).\(key)", "is not hexadecimal")
      }
    }
    return nil
  }

  private static func isReference(_ text: String) -> Bool {
    let parts = text.split(separator: "#", omittingEmptySubsequences: false)
    return parts.count == 2 && parts[0].utf8.count == 64 && parts[0].allSatisfy(\.isHexDigit)
      && UInt16(parts[1]) != nil
  }

  private static func isNull(
    _ key: StaticString, _ output: MessageFields.Index, _ fields: borrowing MessageFields
  ) -> Bool {
    fields.member(key, of: output).map { fields.kind($0) == .null } ?? true
  }

  private static func isHex(
    _ key: StaticString, _ bytes: Int?, _ output: MessageFields.Index,
    _ fields: borrowing MessageFields
  ) -> Bool {
    fields.isHex(fields.member(key, of: output), bytes: bytes)
  }
}
