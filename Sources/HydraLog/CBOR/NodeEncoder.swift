internal import EventPersistence
internal import Foundation

/// Writes an event of a node's JSON as the row that a node writes: the inverse of `NodeDecoder`.
///
/// A row that was decoded becomes the same bytes again, whatever it held. Of other JSON, what is
/// encoded decodes to the same JSON, and what has no place in CBOR is refused.
struct NodeEncoder: ~Copyable {
  let table = NodeTable.shared
  private(set) var tape = JSONTape()
  private(set) var json = UnsafeRawBufferPointer(start: nil, count: 0)

  /// Appends the row of the event `json`; appends nothing if it throws.
  mutating func event(
    _ json: UnsafeRawBufferPointer, to writer: inout ByteWriter
  ) throws(NodeEncodingError) {
    self.json = json
    defer { self.json = UnsafeRawBufferPointer(start: nil, count: 0) }
    guard tape.read(json), tape.values[0].kind == .object else {
      throw NodeEncodingError("is not an object of JSON")
    }
    let start = writer.count
    do throws(NodeEncodingError) {
      if let row = member("cborHex", of: 0) {
        try stored(row, to: &writer)
      } else {
        try event(to: &writer)
      }
    } catch {
      writer.truncate(to: start)
      throw error
    }
  }

  /// The row that the event came from, which its JSON keeps.
  private func stored(
    _ index: Int, to writer: inout ByteWriter
  ) throws(NodeEncodingError) {
    let start = writer.count
    try inside("cborHex") { () throws(NodeEncodingError) in try hex(index, to: &writer) }
    var decoder = NodeDecoder()
    var decoded = ByteWriter(capacity: json.count)
    let position = decoder.event(writer.bytes(from: start), to: &decoded)
    guard position != nil, decoded.bytes.isEqual(to: json) else {
      throw NodeEncodingError("is another event", at: "cborHex")
    }
  }

  private func event(to writer: inout ByteWriter) throws(NodeEncodingError) {
    let start = writer.count
    let id = try required("eventId", of: 0)
    let change = try required("stateChanged", of: 0)
    guard let time = member("time", of: 0) else {
      throw NodeEncodingError("is missing, and a node that writes CBOR requires it", at: "time")
    }
    guard tape.values[0].count == 3 else {
      throw NodeEncodingError("has a member that CBOR has no place for")
    }
    writer.textString(Self.bytes("StateEvent"))
    guard let number = natural(id), number <= Position.idMax else {
      throw NodeEncodingError("is not an id", at: "eventId")
    }
    writer.head(.unsigned, number)
    let isDecoded = try inside("stateChanged") { () throws(NodeEncodingError) in
      try stateChanged(change, to: &writer)
    }
    try inside("time") { () throws(NodeEncodingError) in try self.time(time, to: &writer) }
    if !isDecoded, CBORRow(writer.bytes(from: start))?.position != Position(json: json) {
      throw NodeEncodingError("does not fit into the event", at: "stateChanged.undecoded")
    }
  }

  /// Returns whether all of it was decoded.
  private func stateChanged(
    _ index: Int, to writer: inout ByteWriter
  ) throws(NodeEncodingError) -> Bool {
    guard tape.values[index].kind == .object else { throw NodeEncodingError("is not an object") }
    let tagIndex = try required("tag", of: index)
    let tag = try text(tagIndex)
    let event = tag.withUnsafeBytes { table.event($0) }
    tag.withUnsafeBytes { writer.textString($0) }
    if let undecoded = member("undecoded", of: index) {
      let fields = event.map { table.constructors[$0].fields } ?? 0..<0
      try self.undecoded(undecoded, of: index, fields, to: &writer)
      return false
    }
    guard let event else {
      throw NodeEncodingError(
        "is \(String(decoding: tag, as: UTF8.self)), whose form in CBOR hydra-sinks does not know",
        at: "tag")
    }
    try fields(of: table.constructors[event], index, to: &writer)
    return true
  }

  /// The fields that were decoded, then the bytes of the rest.
  private func undecoded(
    _ undecoded: Int, of object: Int, _ fields: Range<Int>, to writer: inout ByteWriter
  ) throws(NodeEncodingError) {
    var count = 2
    for field in fields {
      guard let value = tape.member(table.fields[field].key, of: object, json) else { break }
      try self.field(field, value, to: &writer)
      count += 1
    }
    guard tape.values[object].count == count else {
      throw NodeEncodingError("has a member that CBOR has no place for")
    }
    try inside("undecoded") { () throws(NodeEncodingError) in
      guard tape.values[undecoded].kind == .object else {
        throw NodeEncodingError("is not an object")
      }
      let bytes = try required("cborHex", of: undecoded)
      try inside("cborHex") { () throws(NodeEncodingError) in try hex(bytes, to: &writer) }
      guard tape.values[undecoded].count == (member("from", of: undecoded) == nil ? 1 : 2) else {
        throw NodeEncodingError("has a member that CBOR has no place for")
      }
    }
  }

  // MARK: - Constructors

  /// Appends the fields of the object at `index`, which has no other members.
  func fields(
    of constructor: NodeTable.Constructor, _ index: Int, to writer: inout ByteWriter
  ) throws(NodeEncodingError) {
    var count = constructor.tag.isEmpty ? 0 : 1
    if !constructor.omitted.isEmpty, tape.member(constructor.omitted, of: index, json) != nil {
      count += 1
    }
    for field in constructor.fields {
      let key = table.fields[field].key
      guard let value = tape.member(key, of: index, json) else {
        throw NodeEncodingError("is missing", at: String(decoding: key, as: UTF8.self))
      }
      try self.field(field, value, to: &writer)
      count += 1
    }
    guard tape.values[index].count == count else {
      throw NodeEncodingError("has a member that CBOR has no place for")
    }
  }

  private func field(
    _ field: Int, _ index: Int, to writer: inout ByteWriter
  ) throws(NodeEncodingError) {
    do throws(NodeEncodingError) {
      try value(table.fields[field].shape, index, to: &writer)
    } catch {
      throw error.inside(String(decoding: table.fields[field].key, as: UTF8.self))
    }
  }

  /// The one of the constructors `range` whose object is at `index`: the one that its `tag` names,
  /// or whose keys it has.
  func constructor(
    _ range: Range<Int>, _ index: Int
  ) throws(NodeEncodingError) -> NodeTable.Constructor {
    guard tape.values[index].kind == .object else { throw NodeEncodingError("is not an object") }
    let tag = member("tag", of: index).map { tape.values[$0] }
    var named: NodeTable.Constructor?
    for place in range {
      let candidate = table.constructors[place]
      if candidate.tag.isEmpty {
        // Of layouts without a tag, the longest that it has all keys of.
        let hasAll = candidate.fields.allSatisfy {
          tape.member(table.fields[$0].key, of: index, json) != nil
        }
        if named == nil || hasAll { named = candidate }
      } else if let tag, tag.kind == .string,
        NodeTable.text(of: candidate.name).isEqual(to: bytes(tag))
      {
        return candidate
      }
    }
    guard let named else {
      throw NodeEncodingError("is not one that hydra-sinks knows in CBOR", at: "tag")
    }
    return named
  }

  // MARK: - Members

  func member(_ key: StaticString, of index: Int) -> Int? {
    tape.member(Self.bytes(key), of: index, json)
  }

  func required(_ key: StaticString, of index: Int) throws(NodeEncodingError) -> Int {
    guard let found = member(key, of: index) else {
      throw NodeEncodingError("is missing", at: "\(key)")
    }
    return found
  }

  func bytes(_ value: JSONTape.Value) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: json[value.start..<value.end])
  }

  static func bytes(_ text: StaticString) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
  }

  /// The answer of `body`, whose error is one of the member `key`.
  func inside<Answer>(
    _ key: String, _ body: () throws(NodeEncodingError) -> Answer
  ) throws(NodeEncodingError) -> Answer {
    do throws(NodeEncodingError) { return try body() } catch { throw error.inside(key) }
  }
}

/// Why JSON has no row: which member, and a clause about it.
struct NodeEncodingError: Error, Hashable, CustomStringConvertible {
  /// From the event on, as in `stateChanged.headId`; empty for the event itself.
  private(set) var path: String
  var reason: String

  init(_ reason: String, at path: String = "") {
    self.path = path
    self.reason = reason
  }

  func inside(_ key: String) -> NodeEncodingError {
    NodeEncodingError(reason, at: path.isEmpty ? key : "\(key).\(path)")
  }

  /// A clause: "stateChanged.headId is missing".
  var description: String { path.isEmpty ? "it \(reason)" : "\(path) \(reason)" }
}
