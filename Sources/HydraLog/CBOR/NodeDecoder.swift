internal import CardanoLedger
internal import Foundation

/// Reads values of a hydra-node by their shapes, and writes them as the node's JSON: one pass over
/// bytes into bytes.
struct NodeDecoder: ~Copyable {
  private(set) var cursor = CBORCursor(UnsafeRawBufferPointer(start: nil, count: 0))
  /// Whether all values that were read are written as a node writes them, so that their JSON tells
  /// their bytes.
  var isCanonical: Bool { isRegular && !cursor.metLongHead }
  private var isRegular = true

  private let table = NodeTable.shared
  private var entries = 0
  private var transactions = TransactionIds()
  /// Where members wait while their order changes.
  private var aside = ByteWriter(capacity: 4096)

  /// The most entries of lists and maps in one row: a malicious row must not take more memory than
  /// this many values. A head's state holds thousands.
  static let entriesMax = 1 << 20

  /// Begins with the bytes of `cursor`.
  mutating func begin(_ cursor: CBORCursor) {
    self.cursor = cursor
    isRegular = true
    entries = 0
  }

  private var row: UnsafeRawBufferPointer { cursor.bytes }

  // MARK: - Constructors

  /// Appends the object of the constructor at `index`, whose name has been read.
  mutating func object(_ index: Int, to writer: inout ByteWriter) throws(CBORFault) {
    let constructor = table.constructors[index]
    writer.byte(UInt8(ascii: "{"))
    if constructor.isInOrder {
      var isFirst = true
      for place in constructor.members {
        if !isFirst { writer.byte(UInt8(ascii: ",")) }
        isFirst = false
        let member = table.members[place]
        if member < 0 {
          writer.raw(constructor.tag)
        } else {
          try field(constructor.fields.lowerBound + member, to: &writer)
        }
      }
    } else {
      try membersAside(constructor, to: &writer)
    }
    writer.byte(UInt8(ascii: "}"))
  }

  /// Appends the member of the field at `index`.
  mutating func field(_ index: Int, to writer: inout ByteWriter) throws(CBORFault) {
    let field = table.fields[index]
    writer.raw(field.member)
    try value(field.shape, to: &writer)
  }

  /// Appends the members in the order of JSON, after they were read in that of CBOR.
  private mutating func membersAside(
    _ constructor: NodeTable.Constructor, to writer: inout ByteWriter
  ) throws(CBORFault) {
    let start = writer.count
    var ends = InlineArray<16, Int>(repeating: 0)
    precondition(constructor.fields.count < ends.count)
    for (number, index) in constructor.fields.enumerated() {
      try field(index, to: &writer)
      ends[number + 1] = writer.count - start
    }
    aside.truncate(to: 0)
    aside.raw(writer.bytes(from: start))
    writer.truncate(to: start)
    for place in constructor.members {
      if writer.count > start { writer.byte(UInt8(ascii: ",")) }
      let member = table.members[place]
      writer.raw(
        member < 0
          ? constructor.tag
          : UnsafeRawBufferPointer(rebasing: aside.bytes[ends[member]..<ends[member + 1]]))
    }
  }

  /// Which of the constructors `range` is named next; reads the name.
  private mutating func constructor(_ range: Range<Int>) throws(CBORFault) -> Int {
    for index in range where cursor.skip(table.constructors[index].name) { return index }
    let name = UnsafeRawBufferPointer(rebasing: row[try text()])
    let found = range.first { NodeTable.text(of: table.constructors[$0].name).isEqual(to: name) }
    guard let found else { throw .unexpected }
    return found
  }

  // MARK: - Values

  private mutating func value(_ index: Int, to writer: inout ByteWriter) throws(CBORFault) {
    let shape = table.shapes[index]
    switch shape.kind {
    case .integer:
      switch try cursor.next() {
      case .unsigned(let number): writer.number(number)
      case .negative(let number): writer.negative(number)
      default: throw .unexpected
      }
    case .boolean:
      switch try cursor.next() {
      case .simple(20): writer.raw("false")
      case .simple(21): writer.raw("true")
      default: throw .unexpected
      }
    case .text: writer.string(try validText())
    case .hex: writer.hexString(try byteString())
    case .time:
      let time = try time()
      if !time.isCanonical { isRegular = false }
      writer.time(time)
    case .seconds: try seconds(to: &writer)
    case .ledger: writer.ledger(UnsafeRawBufferPointer(rebasing: row[try cursor.skipItem()]))
    case .transaction:
      let bytes = try byteString()
      writer.transaction(bytes, transactions.id(of: bytes))
    case .named:
      try name(table.texts[shape.first])
      try value(shape.second, to: &writer)
    case .list, .shortList: try list(shape, to: &writer)
    case .optional: try optional(shape.first, to: &writer)
    case .map: try map(shape, to: &writer)
    case .object: try object(try constructor(shape.first..<shape.second), to: &writer)
    case .word:
      let found = table.constructors[try constructor(shape.first..<shape.second)]
      writer.string(NodeTable.text(of: found.name))
    }
  }

  private mutating func seconds(to writer: inout ByteWriter) throws(CBORFault) {
    switch try cursor.next() {
    case .unsigned(let number): writer.seconds(picoseconds: number)
    case .negative(let number) where number < .max:
      writer.byte(UInt8(ascii: "-"))
      writer.seconds(picoseconds: number + 1)
    default: throw .unexpected
    }
  }

  /// As many values as the head of the list says, however many items each has.
  private mutating func list(
    _ shape: NodeTable.Shape, to writer: inout ByteWriter
  ) throws(CBORFault) {
    guard case .array(let count) = try cursor.next() else { throw .unexpected }
    writer.byte(UInt8(ascii: "["))
    var done = 0
    while try !isOver(count, done) {
      if done > 0 { writer.byte(UInt8(ascii: ",")) }
      try value(shape.first, to: &writer)
      done += 1
    }
    writer.byte(UInt8(ascii: "]"))
    if (count != nil) != (shape.kind == .shortList && done <= Self.shortListMax) {
      isRegular = false
    }
  }

  /// The most values of a list whose head tells its length.
  static let shortListMax = 23

  private mutating func optional(
    _ shape: Int, to writer: inout ByteWriter
  ) throws(CBORFault) {
    guard case .array(let count) = try cursor.next() else { throw .unexpected }
    if count == nil { isRegular = false }
    if try isOver(count, 0) { return writer.raw("null") }
    try value(shape, to: &writer)
    guard try isOver(count, 1) else { throw .unexpected }
  }

  private mutating func map(
    _ shape: NodeTable.Shape, to writer: inout ByteWriter
  ) throws(CBORFault) {
    guard case .map(let count) = try cursor.next() else { throw .unexpected }
    if count == nil { isRegular = false }
    writer.byte(UInt8(ascii: "{"))
    let start = writer.count
    var members: [(key: Range<Int>, json: Range<Int>)] = []
    var isRising = true
    while try !isOver(count, members.count) {
      if !members.isEmpty { writer.byte(UInt8(ascii: ",")) }
      let begin = writer.count - start
      try value(shape.first, to: &writer)
      let key = begin..<writer.count - start
      writer.byte(UInt8(ascii: ":"))
      try value(shape.second, to: &writer)
      // Digits in quotes have the order of the bytes that they stand for.
      let text = writer.bytes(from: start)
      if let last = members.last?.key, !text[last].lexicographicallyPrecedes(text[key]) {
        isRising = false
      }
      members.append((key, begin..<writer.count - start))
    }
    if !isRising {
      isRegular = false
      sort(&members, from: start, in: &writer)
    }
    writer.byte(UInt8(ascii: "}"))
  }

  private mutating func sort(
    _ members: inout [(key: Range<Int>, json: Range<Int>)], from start: Int,
    in writer: inout ByteWriter
  ) {
    aside.truncate(to: 0)
    aside.raw(writer.bytes(from: start))
    writer.truncate(to: start)
    let text = aside.bytes
    members.sort { text[$0.key].lexicographicallyPrecedes(text[$1.key]) }
    for member in members {
      if writer.count > start { writer.byte(UInt8(ascii: ",")) }
      writer.raw(UnsafeRawBufferPointer(rebasing: text[member.json]))
    }
  }

  /// Whether a container of `count` entries (nil: until its break) ends after `done`.
  private mutating func isOver(_ count: UInt64?, _ done: Int) throws(CBORFault) -> Bool {
    entries += 1
    guard entries <= Self.entriesMax else { throw .tooMany }
    if let count { return UInt64(done) >= count }
    var ahead = cursor
    guard try ahead.next() == .stop else { return false }
    cursor = ahead
    return true
  }

  // MARK: - Items

  /// Reads `name`, a text string with its head.
  private mutating func name(_ name: UnsafeRawBufferPointer) throws(CBORFault) {
    if cursor.skip(name) { return }
    let found = UnsafeRawBufferPointer(rebasing: row[try text()])
    guard NodeTable.text(of: name).isEqual(to: found) else { throw .unexpected }
  }

  private mutating func text() throws(CBORFault) -> Range<Int> {
    guard case .text(let range) = try cursor.next() else { throw .unexpected }
    return range
  }

  private mutating func validText() throws(CBORFault) -> UnsafeRawBufferPointer {
    let text = UnsafeRawBufferPointer(rebasing: row[try text()])
    guard text.isUTF8 else { throw .unexpected }
    return text
  }

  private mutating func byteString() throws(CBORFault) -> UnsafeRawBufferPointer {
    guard case .bytes(let range) = try cursor.next() else { throw .unexpected }
    return UnsafeRawBufferPointer(rebasing: row[range])
  }

  mutating func time() throws(CBORFault) -> NodeTime {
    guard case .array(3) = try cursor.next(), case .unsigned(let year) = try cursor.next(),
      case .unsigned(let day) = try cursor.next(),
      case .unsigned(let picoseconds) = try cursor.next(),
      let time = NodeTime(year: year, day: day, picoseconds: picoseconds)
    else { throw .unexpected }
    return time
  }
}

extension UnsafeRawBufferPointer {
  func isEqual(to other: UnsafeRawBufferPointer) -> Bool {
    count == other.count
      && (count == 0 || memcmp(baseAddress!, other.baseAddress!, count) == 0)
  }

  /// Whether the bytes are UTF-8.
  var isUTF8: Bool {
    allSatisfy { $0 < 0x80 } || String(validating: self, as: UTF8.self) != nil
  }
}
