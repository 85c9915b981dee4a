internal import CardanoLedger
internal import EventArchive
internal import EventPersistence

/// Values by their shapes. Each is written as a node writes it, so that no other bytes have the same
/// JSON.
extension NodeEncoder {
  func value(
    _ shape: Int, _ index: Int, to writer: inout ByteWriter
  ) throws(NodeEncodingError) {
    let shape = table.shapes[shape]
    let kind = tape.values[index].kind
    switch shape.kind {
    case .integer: try integer(index, to: &writer)
    case .boolean:
      guard kind == .yes || kind == .no else {
        throw NodeEncodingError("is neither true nor false")
      }
      writer.byte(kind == .yes ? 0xF5 : 0xF4)
    case .text: try text(index).withUnsafeBytes { writer.textString($0) }
    case .hex: try byteString(index, to: &writer)
    case .time: try time(index, to: &writer)
    case .seconds: try seconds(index, to: &writer)
    case .ledger: try ledger(index, to: &writer)
    case .transaction: try transaction(index, to: &writer)
    case .named:
      writer.raw(table.texts[shape.first])
      try value(shape.second, index, to: &writer)
    case .list, .shortList: try list(shape, index, to: &writer)
    case .optional:
      guard kind != .null else { return writer.head(.array, 0) }
      writer.head(.array, 1)
      try value(shape.first, index, to: &writer)
    case .map: try map(shape, index, to: &writer)
    case .object:
      let constructor = try constructor(shape.first..<shape.second, index)
      writer.raw(constructor.name)
      try fields(of: constructor, index, to: &writer)
    case .word:
      guard kind == .string,
        let found = (shape.first..<shape.second).first(where: {
          NodeTable.text(of: table.constructors[$0].name).isEqual(to: bytes(tape.values[index]))
        })
      else { throw NodeEncodingError("is not one that hydra-sinks knows in CBOR") }
      writer.raw(table.constructors[found].name)
    }
  }

  private func list(
    _ shape: NodeTable.Shape, _ index: Int, to writer: inout ByteWriter
  ) throws(NodeEncodingError) {
    let list = tape.values[index]
    guard list.kind == .array else { throw NodeEncodingError("is not a list") }
    let tellsLength = shape.kind == .shortList && list.count <= NodeDecoder.shortListMax
    if tellsLength { writer.head(.array, UInt64(list.count)) } else { writer.openList() }
    var at = index + 1
    while at < list.next {
      try value(shape.first, at, to: &writer)
      at = tape.values[at].next
    }
    if !tellsLength { writer.closeList() }
  }

  private func map(
    _ shape: NodeTable.Shape, _ index: Int, to writer: inout ByteWriter
  ) throws(NodeEncodingError) {
    let map = tape.values[index]
    guard map.kind == .object else { throw NodeEncodingError("is not an object") }
    writer.head(.map, UInt64(map.count))
    var keys: [Int] = []
    var at = index + 1
    while at < map.next {
      keys.append(at)
      at = tape.values[at + 1].next
    }
    keys.sort { bytes(tape.values[$0]).lexicographicallyPrecedes(bytes(tape.values[$1])) }
    for (key, next) in zip(keys, keys.dropFirst())
    where bytes(tape.values[key]).isEqual(to: bytes(tape.values[next])) {
      throw NodeEncodingError("has a key twice")
    }
    for key in keys {
      try value(shape.first, key, to: &writer)
      try value(shape.second, key + 1, to: &writer)
    }
  }

  // MARK: - Numbers

  /// The number at `index`, if it is one from 0 on, in its shortest form.
  func natural(_ index: Int) -> UInt64? {
    let value = tape.values[index]
    return value.kind == .number ? Self.natural(bytes(value)) : nil
  }

  static func natural(_ digits: UnsafeRawBufferPointer) -> UInt64? {
    guard !digits.isEmpty, digits.count == 1 || digits[0] != UInt8(ascii: "0") else { return nil }
    var number: UInt64 = 0
    for digit in digits {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
      let (tens, isOver) = number.multipliedReportingOverflow(by: 10)
      let (sum, isBeyond) = tens.addingReportingOverflow(UInt64(digit - UInt8(ascii: "0")))
      guard !isOver, !isBeyond else { return nil }
      number = sum
    }
    return number
  }

  private func integer(
    _ index: Int, to writer: inout ByteWriter
  ) throws(NodeEncodingError) {
    if let number = natural(index) { return writer.head(.unsigned, number) }
    let value = tape.values[index]
    let text = bytes(value)
    guard value.kind == .number, text.first == UInt8(ascii: "-") else {
      throw NodeEncodingError("is not an integer of 64 bits")
    }
    let digits = UnsafeRawBufferPointer(rebasing: text.dropFirst())
    if let number = Self.natural(digits), number > 0 {
      writer.head(.negative, number - 1)
    } else if digits.elementsEqual("18446744073709551616".utf8) {
      writer.head(.negative, .max)
    } else {
      throw NodeEncodingError("is not an integer of 64 bits")
    }
  }

  /// A number of seconds as one of picoseconds.
  private func seconds(
    _ index: Int, to writer: inout ByteWriter
  ) throws(NodeEncodingError) {
    let value = tape.values[index]
    guard value.kind == .number, let number = ExactNumber(Array(bytes(value))[...]),
      let picoseconds = number.scaled(by: 12)
    else { throw NodeEncodingError("is not a number of seconds that CBOR has a place for") }
    if number.isNegative {
      writer.head(.negative, picoseconds - 1)
    } else {
      writer.head(.unsigned, picoseconds)
    }
  }

  func time(_ index: Int, to writer: inout ByteWriter) throws(NodeEncodingError) {
    let value = tape.values[index]
    guard value.kind == .string, let time = NodeTime(utf8: bytes(value)) else {
      throw NodeEncodingError("is not a time as a node writes it")
    }
    writer.head(.array, 3)
    writer.head(.unsigned, time.year)
    writer.head(.unsigned, time.day)
    writer.head(.unsigned, time.picoseconds)
  }

  // MARK: - Strings

  /// The text at `index`, without escapes.
  func text(_ index: Int) throws(NodeEncodingError) -> [UInt8] {
    let value = tape.values[index]
    guard value.kind == .string else { throw NodeEncodingError("is not a text") }
    let quoted = bytes(value)
    guard let text = quoted.contains(0x5C) ? JSONText.unescaped(quoted) : Array(quoted),
      text.withUnsafeBytes({ $0.isUTF8 })
    else { throw NodeEncodingError("is not a text of Unicode") }
    return text
  }

  /// Appends the bytes that the string at `index` has the digits of.
  func hex(_ index: Int, to writer: inout ByteWriter) throws(NodeEncodingError) {
    let value = tape.values[index]
    guard value.kind == .string, writer.bytes(ofHex: bytes(value)) else {
      throw NodeEncodingError("is not a text of hexadecimal digits in lower case")
    }
  }

  private func byteString(
    _ index: Int, to writer: inout ByteWriter
  ) throws(NodeEncodingError) {
    let value = tape.values[index]
    // An odd number of digits is refused below.
    writer.head(.bytes, UInt64((value.end - value.start) / 2))
    try hex(index, to: &writer)
  }

  // MARK: - The ledger's own

  private func ledger(
    _ index: Int, to writer: inout ByteWriter
  ) throws(NodeEncodingError) {
    guard tape.values[index].kind == .object else { throw NodeEncodingError("is not an object") }
    guard let stored = member("cborHex", of: index) else { return try utxo(index, to: &writer) }
    guard tape.values[index].count == 1 else {
      throw NodeEncodingError("has a member that CBOR has no place for")
    }
    let start = writer.count
    try hex(stored, to: &writer)
    let item = writer.bytes(from: start)
    var cursor = CBORCursor(item)
    guard (try? cursor.skipItem()) == 0..<item.count else {
      throw NodeEncodingError("is not one item of CBOR", at: "cborHex")
    }
  }

  private func transaction(
    _ index: Int, to writer: inout ByteWriter
  ) throws(NodeEncodingError) {
    guard tape.values[index].kind == .object, tape.values[index].count == 4 else {
      throw NodeEncodingError("is not a transaction as a node writes it")
    }
    let stored = try required("cborHex", of: index)
    let id = try required("txId", of: index)
    try expect("", at: "description", of: index)
    try expect("Tx ConwayEra", at: "type", of: index)
    let start = writer.count
    try inside("cborHex") { () throws(NodeEncodingError) in try byteString(stored, to: &writer) }
    var cursor = CBORCursor(writer.bytes(from: start))
    guard case .bytes(let range) = try? cursor.next() else { return }
    let found = TransactionId(of: UnsafeRawBufferPointer(rebasing: cursor.bytes[range]))
    var expected = ByteWriter(capacity: 66)
    if let found { found.withBytes { expected.hexString($0) } } else { expected.raw("null") }
    let value = tape.values[id]
    let isQuoted = value.kind == .string
    let text = UnsafeRawBufferPointer(
      rebasing: json[value.start - (isQuoted ? 1 : 0)..<value.end + (isQuoted ? 1 : 0)])
    guard expected.bytes.isEqual(to: text) else {
      throw NodeEncodingError("is not that of the transaction's bytes", at: "txId")
    }
  }

  private func expect(
    _ text: StaticString, at key: StaticString, of index: Int
  ) throws(NodeEncodingError) {
    let value = tape.values[try required(key, of: index)]
    guard value.kind == .string, bytes(value).isEqual(to: Self.bytes(text)) else {
      throw NodeEncodingError("is not \"\(text)\"", at: "\(key)")
    }
  }
}

extension ExactNumber {
  /// Its amount times ten to the power of `places`; nil if that is not an integer of 64 bits.
  fileprivate func scaled(by places: Int) -> UInt64? {
    let exponent = exponent + places
    guard exponent >= 0, digits.count + exponent <= 20 else { return nil }
    let zeros = [UInt8](repeating: UInt8(ascii: "0"), count: exponent)
    return digits.isEmpty ? 0 : UInt64(String(decoding: digits + zeros, as: UTF8.self))
  }
}
