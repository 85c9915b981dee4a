internal import CardanoLedger
internal import EventPersistence

/// A row of a database of version 2: the CBOR sequence `"StateEvent" · eventId · <stateChanged> · time`.
struct CBORRow {
  let position: Position
  private let start: CBORRowStart
  private let row: UnsafeRawBufferPointer
  /// The bytes after the constructor's name, up to the time.
  private let fields: Range<Int>
  /// Whether the bytes before the fields and the time after them are as a node writes them.
  private let isCanonical: Bool

  /// Nil if `row` is not well-formed CBOR of that form, or has an id beyond `Position.idMax`. An
  /// unknown constructor is still an event, and an event with only an unexpected time has none.
  init?(_ row: UnsafeRawBufferPointer) {
    guard let start = CBORRowStart(row) else { return nil }
    var cursor = start.rest
    // Where the last array of three begins: the time, whatever fields come before it.
    var last: CBORCursor?
    while !cursor.isAtEnd {
      let here = cursor
      guard let token = try? cursor.next() else { return nil }
      if token == .array(3) { last = here }
    }
    var time: NodeTime?
    var isCanonical = false
    if let last {
      var decoder = NodeDecoder()
      decoder.begin(CBORCursor(row, last.offset..<row.count))
      if let found = try? decoder.time(), decoder.cursor.isAtEnd {
        time = found
        isCanonical = found.isCanonical && decoder.isCanonical && !start.rest.metLongHead
      }
    }
    self.row = row
    self.start = start
    self.isCanonical = isCanonical
    fields = start.rest.offset..<(time == nil ? row.count : last!.offset)
    position = Position(eventId: start.eventId, tag: start.tag, time: time?.eventTime)
  }

  /// The id and the tag of the event that `row` can be, according to its beginning; nil if it is not
  /// one, or one that is needed.
  static func beginning(of row: UnsafeRawBufferPointer, unlessOf needed: NeededTags) -> Position? {
    guard let start = CBORRowStart(row), !needed.contains(start.event, start.tag) else {
      return nil
    }
    return Position(eventId: start.eventId, tag: start.tag)
  }

  /// Appends the event's JSON: the fields that the schema names. From the first unknown value on,
  /// whose end nothing marks, the rest is `undecoded`: its bytes, and the key of its first field.
  fileprivate func write(_ decoder: inout NodeDecoder, to writer: inout ByteWriter) {
    let begin = writer.count
    start.write(to: &writer)
    let known = write(undecoded: &decoder, to: &writer)
    if let time = position.time {
      writer.raw(#","time":"#)
      writer.string(time.description)
    }
    writer.byte(UInt8(ascii: "}"))
    if !known || !isCanonical { writer.add(row, toEventAt: begin) }
  }

  /// Returns whether what was decoded is as a node writes it.
  private func write(undecoded decoder: inout NodeDecoder, to writer: inout ByteWriter) -> Bool {
    let table = NodeTable.shared
    var members: [(key: [UInt8], json: [UInt8])] = []
    decoder.begin(CBORCursor(row, fields))
    var isCanonical = true
    var from: Int?
    var end = fields.lowerBound
    let begin = writer.count
    for field in start.event.map({ table.constructors[$0].fields }) ?? 0..<0 {
      let read: Void? = try? decoder.field(field, to: &writer)
      guard read != nil else {
        from = field
        break
      }
      isCanonical = decoder.isCanonical
      end = decoder.cursor.offset
      members.append((Array(table.fields[field].key), Array(writer.bytes(from: begin))))
      writer.truncate(to: begin)
    }
    writer.truncate(to: begin)
    writer.raw(#""tag":"#)
    writer.string(start.tag)
    members.append((Array("tag".utf8), Array(writer.bytes(from: begin))))
    writer.truncate(to: begin)
    if from != nil || end < fields.upperBound || start.event == nil {
      writer.raw(#""undecoded":{"cborHex":"#)
      writer.hexString(UnsafeRawBufferPointer(rebasing: row[end..<fields.upperBound]))
      if let from {
        writer.raw(#","from":"#)
        writer.string(table.fields[from].key)
      }
      writer.byte(UInt8(ascii: "}"))
      members.append((Array("undecoded".utf8), Array(writer.bytes(from: begin))))
      writer.truncate(to: begin)
    }
    members.sort { $0.key.lexicographicallyPrecedes($1.key) }
    for (index, member) in members.enumerated() {
      writer.byte(UInt8(ascii: index == 0 ? "{" : ","))
      member.json.withUnsafeBytes { writer.raw($0) }
    }
    writer.byte(UInt8(ascii: "}"))
    return isCanonical
  }
}

/// Tags of events, found by the index of a constructor.
struct NeededTags {
  private let tags: Set<String>
  private let events: [Bool]

  init(_ tags: Set<String>) {
    self.tags = tags
    events = NodeTable.tags.map(tags.contains)
  }

  /// Whether the event of the constructor at `event`, or one that is not known, is needed.
  fileprivate func contains(_ event: Int?, _ tag: String) -> Bool {
    event.map { events[$0] } ?? tags.contains(tag)
  }
}

/// The beginning of a row: all but the fields and the time.
private struct CBORRowStart {
  let eventId: UInt64
  /// The index of its constructor; nil if the schema does not know it.
  let event: Int?
  let tag: String
  /// What follows.
  let rest: CBORCursor

  init?(_ row: UnsafeRawBufferPointer) {
    var cursor = CBORCursor(row)
    guard Self.skipName(&cursor), case .unsigned(let id) = try? cursor.next(), id <= Position.idMax,
      case .text(let range) = try? cursor.next()
    else { return nil }
    let text = UnsafeRawBufferPointer(rebasing: row[range])
    event = NodeTable.shared.event(text)
    if let event {
      tag = NodeTable.tags[event]
    } else {
      guard let unknown = String(validating: text, as: UTF8.self) else { return nil }
      tag = unknown
    }
    eventId = id
    rest = cursor
  }

  private static func skipName(_ cursor: inout CBORCursor) -> Bool {
    let name = NodeTable.shared.event
    if cursor.skip(name) { return true }
    guard case .text(let range) = try? cursor.next() else { return false }
    return NodeTable.text(of: name).isEqual(
      to: UnsafeRawBufferPointer(rebasing: cursor.bytes[range]))
  }

  func write(to writer: inout ByteWriter) {
    writer.raw(#"{"eventId":"#)
    writer.number(eventId)
    writer.raw(#","stateChanged":"#)
  }
}

extension NodeDecoder {
  /// Appends the JSON of the event in `row`, and returns its position; appends nothing if it is not
  /// an event, as `CBORRow` defines it.
  ///
  /// The JSON tells the bytes of the row. Where they do not follow from the fields, because they are
  /// not as a node writes them, it has them as `cborHex`.
  mutating func event(_ row: UnsafeRawBufferPointer, to writer: inout ByteWriter) -> Position? {
    guard let start = CBORRowStart(row) else { return nil }
    if let position = event(start, row, to: &writer) { return position }
    guard let event = CBORRow(row) else { return nil }
    event.write(&self, to: &writer)
    return event.position
  }

  /// An event of which everything is known; nil for others.
  private mutating func event(
    _ start: CBORRowStart, _ row: UnsafeRawBufferPointer, to writer: inout ByteWriter
  ) -> Position? {
    guard let event = start.event else { return nil }
    let place = writer.count
    begin(start.rest)
    start.write(to: &writer)
    let time: NodeTime
    do throws(CBORFault) {
      try object(event, to: &writer)
      time = try self.time()
      guard cursor.isAtEnd else { throw .unexpected }
    } catch {
      writer.truncate(to: place)
      return nil
    }
    writer.raw(#","time":"#)
    writer.time(time)
    writer.byte(UInt8(ascii: "}"))
    if !isCanonical || !time.isCanonical { writer.add(row, toEventAt: place) }
    return Position(eventId: start.eventId, tag: start.tag, time: time.eventTime)
  }
}

extension ByteWriter {
  /// Makes the bytes of `row` the first member of the event that begins at `begin`.
  fileprivate mutating func add(_ row: UnsafeRawBufferPointer, toEventAt begin: Int) {
    let event = Array(bytes(from: begin + 1))
    truncate(to: begin)
    raw(#"{"cborHex":"#)
    hexString(row)
    byte(UInt8(ascii: ","))
    event.withUnsafeBytes { raw($0) }
  }
}
