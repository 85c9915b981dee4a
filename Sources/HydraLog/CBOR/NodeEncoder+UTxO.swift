internal import CardanoLedger

/// A UTxO of the node's JSON in the ledger's CBOR, in which nodes keep it after 2.3 (the ledger's CDDL,
/// era Conway): a map of `[id, index]` to outputs.
extension NodeEncoder {
  func utxo(_ index: Int, to writer: inout ByteWriter) throws(NodeEncodingError) {
    let utxo = tape.values[index]
    var outputs: [(id: [UInt8], number: UInt64, output: Int)] = []
    var at = index + 1
    while at < utxo.next {
      let key = bytes(tape.values[at])
      guard let (id, number) = Self.reference(key) else {
        throw NodeEncodingError("has a key that is not an output's id")
      }
      outputs.append((id, number, at + 1))
      at = tape.values[at + 1].next
    }
    outputs.sort {
      $0.id == $1.id ? $0.number < $1.number : $0.id.lexicographicallyPrecedes($1.id)
    }
    for (one, next) in zip(outputs, outputs.dropFirst())
    where one.id == next.id && one.number == next.number {
      throw NodeEncodingError("has a key twice")
    }
    writer.head(.map, UInt64(outputs.count))
    for (id, number, output) in outputs {
      writer.head(.array, 2)
      id.withUnsafeBytes { writer.byteString($0) }
      writer.head(.unsigned, number)
      let key = tape.values[output - 1]
      try inside(String(decoding: bytes(key), as: UTF8.self)) { () throws(NodeEncodingError) in
        try self.output(output, to: &writer)
      }
    }
  }

  /// The id of a transaction and the number of its output: `ID#NUMBER`.
  private static func reference(_ key: UnsafeRawBufferPointer) -> (id: [UInt8], number: UInt64)? {
    guard key.count > 65, key[64] == UInt8(ascii: "#"),
      let number = natural(UnsafeRawBufferPointer(rebasing: key[65...])), number <= UInt16.max,
      let id = bytes(ofHex: UnsafeRawBufferPointer(rebasing: key[..<64]))
    else { return nil }
    return (id, number)
  }

  private static func bytes(ofHex digits: UnsafeRawBufferPointer) -> [UInt8]? {
    var writer = ByteWriter(capacity: digits.count / 2)
    return writer.bytes(ofHex: digits) ? Array(writer.bytes) : nil
  }

  // MARK: - An output

  private static let outputKeys: Set = [
    "address", "datum", "datumhash", "inlineDatum", "inlineDatumRaw", "inlineDatumhash",
    "referenceScript", "value",
  ]

  private func output(_ index: Int, to writer: inout ByteWriter) throws(NodeEncodingError) {
    guard tape.values[index].kind == .object else { throw NodeEncodingError("is not an object") }
    var at = index + 1
    while at < tape.values[index].next {
      let key = String(decoding: bytes(tape.values[at]), as: UTF8.self)
      guard Self.outputKeys.contains(key) else {
        throw NodeEncodingError("is not known", at: key)
      }
      at = tape.values[at + 1].next
    }
    guard stated("datum", of: index) == nil else {
      throw NodeEncodingError("has no place in CBOR", at: "datum")
    }
    let hash = stated("datumhash", of: index)
    let inline = stated("inlineDatumRaw", of: index)
    let script = stated("referenceScript", of: index)
    guard inline != nil || stated("inlineDatum", of: index) == nil else {
      throw NodeEncodingError("is missing", at: "inlineDatumRaw")
    }
    guard hash == nil || inline == nil else {
      throw NodeEncodingError("stands beside an inline datum", at: "datumhash")
    }
    // A node writes the later form only for what the earlier one has no place for.
    let isMap = inline != nil || script != nil
    if isMap {
      let count = 2 + (hash ?? inline == nil ? 0 : 1) + (script == nil ? 0 : 1)
      writer.head(.map, UInt64(count))
      writer.head(.unsigned, 0)
    } else {
      writer.head(.array, hash == nil ? 2 : 3)
    }
    try address(try required("address", of: index), to: &writer)
    if isMap { writer.head(.unsigned, 1) }
    let value = try required("value", of: index)
    try inside("value") { () throws(NodeEncodingError) in try amounts(value, to: &writer) }
    if let hash {
      if isMap {
        writer.head(.unsigned, 2)
        writer.head(.array, 2)
        writer.head(.unsigned, 0)
      }
      try item(hash, "datumhash", to: &writer) { $0.byteString($1) }
    }
    if let inline {
      writer.head(.unsigned, 2)
      writer.head(.array, 2)
      writer.head(.unsigned, 1)
      writer.head(.tag, 24)
      try item(inline, "inlineDatumRaw", to: &writer) { $0.byteString($1) }
    }
    if let script {
      writer.head(.unsigned, 3)
      writer.head(.tag, 24)
      try self.script(script, to: &writer)
    }
  }

  /// The member `key`, unless it is null.
  private func stated(_ key: StaticString, of index: Int) -> Int? {
    member(key, of: index).flatMap { tape.values[$0].kind == .null ? nil : $0 }
  }

  /// Appends what `write` makes of the bytes that the member `key` has the digits of.
  private func item(
    _ index: Int, _ key: String, to writer: inout ByteWriter,
    _ write: (inout ByteWriter, UnsafeRawBufferPointer) -> Void
  ) throws(NodeEncodingError) {
    guard tape.values[index].kind == .string,
      let bytes = Self.bytes(ofHex: bytes(tape.values[index]))
    else { throw NodeEncodingError("is not a text of hexadecimal digits in lower case", at: key) }
    bytes.withUnsafeBytes { write(&writer, $0) }
  }

  private func address(_ index: Int, to writer: inout ByteWriter) throws(NodeEncodingError) {
    let value = tape.values[index]
    guard value.kind == .string, let address = CardanoAddress(bytes(value)) else {
      throw NodeEncodingError("is not one of Cardano", at: "address")
    }
    address.bytes.withUnsafeBytes { writer.byteString($0) }
  }

  // MARK: - Scripts

  private static let languages: KeyValuePairs<String, UInt64> = [
    "SimpleScript": 0, "PlutusScriptV1": 1, "PlutusScriptV2": 2, "PlutusScriptV3": 3,
  ]

  /// A script in a byte string: its language, and its own CBOR.
  private func script(_ index: Int, to writer: inout ByteWriter) throws(NodeEncodingError) {
    guard tape.values[index].kind == .object, let script = member("script", of: index),
      tape.values[script].kind == .object, let type = member("type", of: script),
      let bytes = member("cborHex", of: script),
      let language = Self.languages.first(where: {
        $0.key.utf8.elementsEqual(self.bytes(tape.values[type]))
      })?.value
    else {
      throw NodeEncodingError("is not one that hydra-sinks knows in CBOR", at: "referenceScript")
    }
    var inner = ByteWriter(capacity: 64)
    inner.head(.array, 2)
    inner.head(.unsigned, language)
    try item(bytes, "referenceScript.script.cborHex", to: &inner) { $0.raw($1) }
    writer.byteString(inner.bytes)
  }

  // MARK: - Amounts

  /// An amount of lovelace, with those of other assets if there are any.
  private func amounts(_ index: Int, to writer: inout ByteWriter) throws(NodeEncodingError) {
    guard tape.values[index].kind == .object else { throw NodeEncodingError("is not an object") }
    var lovelace: UInt64 = 0
    var policies: [(id: [UInt8], assets: Int)] = []
    var at = index + 1
    while at < tape.values[index].next {
      let key = bytes(tape.values[at])
      if key.elementsEqual("lovelace".utf8) {
        lovelace = try amount(at + 1)
      } else if let id = Self.bytes(ofHex: key), id.count == 28 {
        policies.append((id, at + 1))
      } else {
        throw NodeEncodingError("has a key that is not a policy's id")
      }
      at = tape.values[at + 1].next
    }
    guard !policies.isEmpty else { return writer.head(.unsigned, lovelace) }
    writer.head(.array, 2)
    writer.head(.unsigned, lovelace)
    writer.head(.map, UInt64(policies.count))
    policies.sort { $0.id.lexicographicallyPrecedes($1.id) }
    for policy in policies {
      policy.id.withUnsafeBytes { writer.byteString($0) }
      try assets(policy.assets, to: &writer)
    }
  }

  private func assets(_ index: Int, to writer: inout ByteWriter) throws(NodeEncodingError) {
    guard tape.values[index].kind == .object else { throw NodeEncodingError("is not an object") }
    var assets: [(name: [UInt8], amount: UInt64)] = []
    var at = index + 1
    while at < tape.values[index].next {
      guard let name = Self.bytes(ofHex: bytes(tape.values[at])), name.count <= 32 else {
        throw NodeEncodingError("has a key that is not an asset's name")
      }
      assets.append((name, try amount(at + 1)))
      at = tape.values[at + 1].next
    }
    writer.head(.map, UInt64(assets.count))
    assets.sort { $0.name.lexicographicallyPrecedes($1.name) }
    for asset in assets {
      asset.name.withUnsafeBytes { writer.byteString($0) }
      writer.head(.unsigned, asset.amount)
    }
  }

  private func amount(_ index: Int) throws(NodeEncodingError) -> UInt64 {
    guard let amount = natural(index) else { throw NodeEncodingError("has no natural amount") }
    return amount
  }
}
