/// The form of a hydra-node's value in CBOR, and with it its form in JSON.
indirect enum NodeShape: Sendable {
  case integer
  case boolean
  case text
  /// Bytes, in JSON as hexadecimal digits.
  case hex
  /// [year, day of the year, picoseconds of the day]
  case time
  /// Picoseconds, in JSON seconds.
  case seconds
  /// One whole item of the ledger's own CBOR, in JSON `{"cborHex":…}`.
  case ledger
  /// The same in a byte string.
  case transaction
  /// A constructor's name and one field, in JSON the field alone.
  case named(NodeName, NodeShape)
  /// A list whose length only its break tells.
  case list(NodeShape)
  /// A list whose head tells its length, up to 23.
  case shortList(NodeShape)
  /// A list of none or one, in JSON `null` or the one.
  case optional(NodeShape)
  /// In JSON an object, whose keys are hexadecimal digits.
  case map(key: NodeShape, value: NodeShape)
  /// One of several constructors, distinguished by name.
  case one(of: [NodeConstructor], NodeForm)

  static func record(_ name: String, _ fields: KeyValuePairs<String, NodeShape>) -> NodeShape {
    .one(of: [NodeConstructor(name, fields, isTagged: false)], .object)
  }

  static func named(_ name: String, _ shape: NodeShape) -> NodeShape {
    .named(NodeName(name), shape)
  }
}

/// The JSON form of a constructor.
enum NodeForm: Sendable, Hashable {
  /// An object of its fields, with its `tag` if there are several constructors.
  case object
  /// Its name as a string.
  case word
}

/// A constructor of the node's, with its fields in the order of their declaration.
struct NodeConstructor: Sendable {
  struct Field: Sendable {
    var key: NodeName
    var shape: NodeShape
  }

  let name: NodeName
  let fields: [Field]
  let isTagged: Bool
  /// A member that JSON may have and CBOR does not.
  let omitted: NodeName?
  /// The members of its JSON in the order of their keys: an index into `fields`, or nil for its `tag`.
  let order: [Int?]

  init(
    _ name: String, _ fields: KeyValuePairs<String, NodeShape> = [:], isTagged: Bool = true,
    omitting omitted: String? = nil
  ) {
    self.name = NodeName(name)
    self.fields = fields.map { Field(key: NodeName($0.key), shape: $0.value) }
    self.isTagged = isTagged
    self.omitted = omitted.map(NodeName.init)
    var members: [(key: String, index: Int?)] = fields.enumerated().map { ($1.key, $0) }
    if isTagged { members.append((NodeName.tag.text, nil)) }
    order = members.sorted { Array($0.key.utf8).lexicographicallyPrecedes(Array($1.key.utf8)) }
      .map(\.index)
  }
}

/// A name of the node's, in CBOR and as a key of JSON.
struct NodeName: Sendable, Hashable {
  let text: String
  let bytes: [UInt8]

  init(_ text: String) {
    self.text = text
    bytes = Array(text.utf8)
  }

  static let tag = NodeName("tag")
}
