internal import EventPersistence

/// A row of a database of version 2: the CBOR sequence `"StateEvent" · eventId · <stateChanged> · time`.
struct CBORRow {
  let position: Position
  private let row: UnsafeRawBufferPointer
  /// The bytes after the constructor's name, up to the time.
  private let fields: Range<Int>

  /// Nil if `row` is not well-formed CBOR of that form, or has an id beyond `Position.idMax`. An
  /// unknown constructor is still an event, and an event with only an unexpected time has none.
  init?(_ row: UnsafeRawBufferPointer) {
    var cursor = CBORCursor(row)
    guard case .text(let name) = try? cursor.next(), Self.name.isAt(name, of: row),
      case .unsigned(let id) = try? cursor.next(), id <= Position.idMax,
      case .text(let tagRange) = try? cursor.next(),
      let tag = String(validating: row[tagRange], as: UTF8.self)
    else { return nil }
    let start = cursor.offset
    // Where the last array of three begins: the time, whatever fields come before it.
    var last: Int?
    while !cursor.isAtEnd {
      let offset = cursor.offset
      guard let token = try? cursor.next() else { return nil }
      if token == .array(3) { last = offset }
    }
    var time: EventTime?
    if let last {
      var decoder = NodeDecoder(row, last..<row.count)
      if let found = try? decoder.time(), decoder.cursor.isAtEnd { time = found }
    }
    self.row = row
    fields = start..<(time == nil ? row.count : last!)
    position = Position(
      eventId: id, tag: NodeSchema.events[tag]?.name.text ?? tag, time: time)
  }

  private static let name = NodeName("StateEvent")

  /// Appends the event's JSON.
  func write(to writer: inout JSONWriter) {
    writer.raw(#"{"eventId":"#)
    writer.number(position.eventId)
    writer.raw(#","stateChanged":"#)
    writer.value(stateChanged, of: row)
    if let time = position.time {
      writer.raw(#","time":"#)
      writer.string(time.description)
    }
    writer.byte(UInt8(ascii: "}"))
  }

  /// The fields that the schema names. From the first unknown value on, whose end nothing marks,
  /// the rest is `undecoded`: its bytes, and the key of its first field.
  private var stateChanged: NodeValue {
    guard let constructor = NodeSchema.events[position.tag ?? ""] else {
      return undecoded([], from: nil, fields)
    }
    var decoder = NodeDecoder(row, fields)
    var values: [NodeValue] = []
    for field in constructor.fields {
      let start = decoder.cursor.offset
      guard let value = try? decoder.value(field.shape) else {
        let known = zip(constructor.fields, values).map { ($0.key, $1) }
        return undecoded(known, from: field.key, start..<fields.upperBound)
      }
      values.append(value)
    }
    guard decoder.cursor.isAtEnd else {
      let known = zip(constructor.fields, values).map { ($0.key, $1) }
      return undecoded(known, from: nil, decoder.cursor.offset..<fields.upperBound)
    }
    return .object(constructor.members(values))
  }

  private func undecoded(
    _ known: [(NodeName, NodeValue)], from field: NodeName?, _ bytes: Range<Int>
  ) -> NodeValue {
    var rest: [(key: NodeValue.Key, value: NodeValue)] = [(.name(Self.cborHex), .hex(bytes))]
    if let field { rest.append((.name(Self.from), .text(field.text))) }
    var members =
      known + [(.tag, .text(position.tag ?? "")), (Self.undecodedKey, .object(rest))]
    members.sort { $0.0.bytes.lexicographicallyPrecedes($1.0.bytes) }
    return .object(members.map { (.name($0), $1) })
  }

  private static let undecodedKey = NodeName("undecoded")
  private static let cborHex = NodeName("cborHex")
  private static let from = NodeName("from")
}
