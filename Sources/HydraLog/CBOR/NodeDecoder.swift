internal import EventPersistence

/// Reads values of a hydra-node by their shapes.
struct NodeDecoder {
  var cursor: CBORCursor
  private var entries = 0

  /// The most entries of lists and maps in one row: a malicious row must not take more memory than
  /// this many values. A head's state holds thousands.
  static let entriesMax = 1 << 20

  init(_ row: UnsafeRawBufferPointer, _ range: Range<Int>) {
    cursor = CBORCursor(row, range)
  }

  private var row: UnsafeRawBufferPointer { cursor.bytes }

  mutating func value(_ shape: NodeShape) throws(CBORFault) -> NodeValue {
    switch shape {
    case .integer:
      switch try cursor.next() {
      case .unsigned(let number): return .unsigned(number)
      case .negative(let number): return .negative(number)
      default: throw .unexpected
      }
    case .boolean:
      switch try cursor.next() {
      case .simple(20): return .boolean(false)
      case .simple(21): return .boolean(true)
      default: throw .unexpected
      }
    case .text:
      let range = try text()
      guard let text = String(validating: row[range], as: UTF8.self) else { throw .unexpected }
      return .text(text)
    case .hex: return .hex(try byteString())
    case .transaction: return .transaction(try byteString())
    case .time: return .time(try time())
    case .seconds:
      switch try cursor.next() {
      case .unsigned(let number): return .seconds(picoseconds: number, isNegative: false)
      case .negative(let number) where number < .max:
        return .seconds(picoseconds: number + 1, isNegative: true)
      default: throw .unexpected
      }
    case .ledger: return .ledger(try cursor.skipItem())
    case .named(let name, let shape):
      guard name.isAt(try text(), of: row) else { throw .unexpected }
      return try value(shape)
    case .list(let shape): return .array(try list(shape, max: .max))
    case .optional(let shape): return try list(shape, max: 1).first ?? .null
    case .map(let key, let shape): return .object(try map(key: key, shape))
    case .one(let constructors, let form):
      let name = try text()
      guard let constructor = constructors.first(where: { $0.name.isAt(name, of: row) }) else {
        throw .unexpected
      }
      if form == .word { return .text(constructor.name.text) }
      return try object(constructor)
    }
  }

  /// The fields of `constructor`, whose name has been read.
  private mutating func object(_ constructor: NodeConstructor) throws(CBORFault) -> NodeValue {
    var values: [NodeValue] = []
    values.reserveCapacity(constructor.fields.count)
    for field in constructor.fields { values.append(try value(field.shape)) }
    return .object(constructor.members(values))
  }

  /// As many values as the head of the list says, however many items each has.
  private mutating func list(_ shape: NodeShape, max: UInt64) throws(CBORFault) -> [NodeValue] {
    guard case .array(let count) = try cursor.next(), (count ?? 0) <= max else {
      throw .unexpected
    }
    var values: [NodeValue] = []
    while try !isOver(count, values.count) { values.append(try value(shape)) }
    guard values.count <= max else { throw .unexpected }
    return values
  }

  private mutating func map(key: NodeShape, _ shape: NodeShape) throws(CBORFault) -> [(
    key: NodeValue.Key, value: NodeValue
  )] {
    guard case .map(let count) = try cursor.next() else { throw .unexpected }
    var members: [(key: Range<Int>, value: NodeValue)] = []
    while try !isOver(count, members.count) {
      guard case .hex(let name) = try value(key) else { throw .unexpected }
      members.append((name, try value(shape)))
    }
    let row = row
    members.sort { row[$0.key].lexicographicallyPrecedes(row[$1.key]) }
    return members.map { (.hex($0.key), $0.value) }
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

  private mutating func text() throws(CBORFault) -> Range<Int> {
    guard case .text(let range) = try cursor.next() else { throw .unexpected }
    return range
  }

  private mutating func byteString() throws(CBORFault) -> Range<Int> {
    guard case .bytes(let range) = try cursor.next() else { throw .unexpected }
    return range
  }

  mutating func time() throws(CBORFault) -> EventTime {
    guard case .array(3) = try cursor.next(),
      case .unsigned(let year) = try cursor.next(), year <= 9999,
      case .unsigned(let day) = try cursor.next(), (1...366).contains(day),
      // A leap second is the day's 86,401st.
      case .unsigned(let picoseconds) = try cursor.next(),
      picoseconds < 86_401 * EventTime.picosecondsASecond
    else { throw .unexpected }
    let time = EventTime(year: Int64(year), dayOfYear: Int64(day), picosecondOfDay: picoseconds)
    // A day after the last of 9999.
    guard EventTime.secondsBounds.contains(time.seconds) else { throw .unexpected }
    return time
  }
}

extension NodeConstructor {
  /// The members of its JSON, given the `values` of its fields.
  func members(_ values: [NodeValue]) -> [(key: NodeValue.Key, value: NodeValue)] {
    order.map { index in
      guard let index else { return (.name(.tag), .text(name.text)) }
      return (.name(fields[index].key), values[index])
    }
  }
}

extension EventTime {
  static let picosecondsASecond: UInt64 = 1_000_000_000_000

  /// The instant `picosecondOfDay` picoseconds into the day that is the `dayOfYear`-th of `year`.
  fileprivate init(year: Int64, dayOfYear: Int64, picosecondOfDay: UInt64) {
    // Days before January 1st: a year has 365, and one more if it is divisible by 4, but not by 100
    // unless by 400. 719,162 days lie between the first days of the years 1 and 1970.
    let past = year - 1
    let centuries = (past >= 0 ? past : past - 99) / 100
    let fourths = (past >= 0 ? past : past - 3) / 4
    let fourHundreds = (past >= 0 ? past : past - 399) / 400
    let days = past * 365 + fourths - centuries + fourHundreds - 719_162 + dayOfYear - 1
    self.init(
      seconds: days * 86_400 + Int64(picosecondOfDay / Self.picosecondsASecond),
      picoseconds: Int64(picosecondOfDay % Self.picosecondsASecond))
  }
}
