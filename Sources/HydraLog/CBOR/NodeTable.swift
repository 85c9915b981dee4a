/// `NodeSchema` in flat memory, made once: whoever follows it allocates nothing and counts no
/// references.
// Nothing in it changes after it was made, and it is never freed.
struct NodeTable: @unchecked Sendable {
  static let shared = NodeTable()

  enum Kind: UInt8 {
    case integer, boolean, text, hex, time, seconds, ledger, transaction
    /// A name of `texts`, and a shape.
    case named
    /// A shape.
    case list, shortList, optional
    /// The shapes of keys and of values.
    case map
    /// Constructors.
    case object, word
  }

  /// A `NodeShape`: what `first` and `second` mean depends on its kind.
  struct Shape {
    var kind: Kind
    /// An index, or the beginning of a range.
    var first = 0
    /// An index, or the end of a range.
    var second = 0
  }

  struct Constructor {
    /// A text string of CBOR, with its head.
    var name: UnsafeRawBufferPointer
    var fields: Range<Int>
    /// The places of its members of JSON in `members`.
    var members: Range<Int>
    /// Its `tag` as a member of JSON; empty without one.
    var tag: UnsafeRawBufferPointer
    /// A key that JSON may have and CBOR does not; empty without one.
    var omitted: UnsafeRawBufferPointer
    /// Whether its fields have the same order in JSON as in CBOR.
    var isInOrder: Bool
  }

  struct Field {
    /// Its key in JSON, with quotes and colon.
    var member: UnsafeRawBufferPointer
    var shape: Int

    var key: UnsafeRawBufferPointer {
      UnsafeRawBufferPointer(rebasing: member[1..<member.count - 2])
    }
  }

  /// The name of an event, with its head.
  let event: UnsafeRawBufferPointer
  let shapes: UnsafeBufferPointer<Shape>
  /// The events come first, in the order of `NodeSchema.events`.
  let constructors: UnsafeBufferPointer<Constructor>
  let fields: UnsafeBufferPointer<Field>
  /// Of each constructor its fields in the order of JSON, counted from 0; -1 for the `tag`.
  let members: UnsafeBufferPointer<Int>
  let texts: UnsafeBufferPointer<UnsafeRawBufferPointer>
  /// By the hash of an event's name its constructor, or -1.
  private let slots: UnsafeBufferPointer<Int>

  /// The tags of the events, in the order of their constructors.
  static let tags = NodeSchema.events.map(\.name.text)

  private static let slotCount = 128

  private init() {
    var builder = NodeTableBuilder()
    builder.add(NodeSchema.events)
    event = NodeTableBuilder.string(NodeName("StateEvent"))
    shapes = Self.lasting(builder.shapes)
    constructors = Self.lasting(builder.constructors)
    fields = Self.lasting(builder.fields)
    members = Self.lasting(builder.members)
    texts = Self.lasting(builder.texts)
    var slots = [Int](repeating: -1, count: Self.slotCount)
    for (index, event) in NodeSchema.events.enumerated() {
      var slot = event.name.bytes.withUnsafeBytes(Self.slot)
      while slots[slot] >= 0 { slot = (slot + 1) % Self.slotCount }
      slots[slot] = index
    }
    precondition(slots.contains(-1), "a search ends at an empty slot")
    self.slots = Self.lasting(slots)
  }

  /// The index of the event that is called `name`.
  func event(_ name: UnsafeRawBufferPointer) -> Int? {
    guard !name.isEmpty else { return nil }
    var slot = Self.slot(name)
    while slots[slot] >= 0 {
      let found = constructors[slots[slot]]
      if Self.text(of: found.name).isEqual(to: name) { return slots[slot] }
      slot = (slot + 1) % Self.slotCount
    }
    return nil
  }

  private static func slot(_ name: UnsafeRawBufferPointer) -> Int {
    let ends = Int(name[0]) * 7 + Int(name[name.count / 2]) * 5 + Int(name[name.count - 1]) * 31
    return (name.count * 67 + ends) % slotCount
  }

  /// The text of a string of CBOR, without its head.
  static func text(of string: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    // The head of more than 23 bytes has a byte for their number.
    UnsafeRawBufferPointer(rebasing: string.dropFirst(string[0] < 0x78 ? 1 : 2))
  }

  private static func lasting<Element>(_ elements: [Element]) -> UnsafeBufferPointer<Element> {
    let memory = UnsafeMutableBufferPointer<Element>.allocate(capacity: elements.count)
    _ = memory.initialize(from: elements)
    return UnsafeBufferPointer(memory)
  }
}

/// Gathers the shapes and constructors that a schema reaches.
private struct NodeTableBuilder {
  var shapes: [NodeTable.Shape] = []
  var constructors: [NodeTable.Constructor] = []
  var fields: [NodeTable.Field] = []
  var members: [Int] = []
  var texts: [UnsafeRawBufferPointer] = []

  private static var nothing: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: nil, count: 0)
  }

  /// The constructors' place: they stand together, and so do the fields of each.
  @discardableResult
  mutating func add(_ group: [NodeConstructor]) -> Range<Int> {
    let place = constructors.count..<constructors.count + group.count
    for constructor in group {
      constructors.append(
        NodeTable.Constructor(
          name: Self.string(constructor.name),
          fields: fields.count..<fields.count + constructor.fields.count,
          members: members.count..<members.count + constructor.order.count,
          tag: constructor.isTagged
            ? Self.lasting("\"tag\":\"\(constructor.name.text)\"") : Self.nothing,
          omitted: constructor.omitted.map { Self.lasting($0.text) } ?? Self.nothing,
          isInOrder: constructor.order.compactMap(\.self)
            == Array(constructor.fields.indices)))
      fields += constructor.fields.map {
        NodeTable.Field(member: Self.lasting("\"\($0.key.text)\":"), shape: -1)
      }
      members += constructor.order.map { $0 ?? -1 }
    }
    for (index, constructor) in zip(place, group) {
      for (place, field) in zip(constructors[index].fields, constructor.fields) {
        fields[place].shape = add(field.shape)
      }
    }
    return place
  }

  private mutating func add(_ shape: NodeShape) -> Int {
    let added = made(shape)
    shapes.append(added)
    return shapes.count - 1
  }

  private mutating func made(_ shape: NodeShape) -> NodeTable.Shape {
    switch shape {
    case .integer: return NodeTable.Shape(kind: .integer)
    case .boolean: return NodeTable.Shape(kind: .boolean)
    case .text: return NodeTable.Shape(kind: .text)
    case .hex: return NodeTable.Shape(kind: .hex)
    case .time: return NodeTable.Shape(kind: .time)
    case .seconds: return NodeTable.Shape(kind: .seconds)
    case .ledger: return NodeTable.Shape(kind: .ledger)
    case .transaction: return NodeTable.Shape(kind: .transaction)
    case .named(let name, let shape):
      texts.append(Self.string(name))
      return NodeTable.Shape(kind: .named, first: texts.count - 1, second: add(shape))
    case .list(let shape): return NodeTable.Shape(kind: .list, first: add(shape))
    case .shortList(let shape): return NodeTable.Shape(kind: .shortList, first: add(shape))
    case .optional(let shape): return NodeTable.Shape(kind: .optional, first: add(shape))
    case .map(let key, let value):
      return NodeTable.Shape(kind: .map, first: add(key), second: add(value))
    case .one(let group, let form):
      let place = add(group)
      return NodeTable.Shape(
        kind: form == .word ? .word : .object, first: place.lowerBound, second: place.upperBound)
    }
  }

  static func string(_ name: NodeName) -> UnsafeRawBufferPointer {
    var writer = ByteWriter(capacity: name.bytes.count + 2)
    name.bytes.withUnsafeBytes { writer.textString($0) }
    return lasting(writer.bytes)
  }

  private static func lasting(_ text: String) -> UnsafeRawBufferPointer {
    Array(text.utf8).withUnsafeBytes { lasting($0) }
  }

  private static func lasting(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
    memory.copyMemory(from: bytes)
    return UnsafeRawBufferPointer(memory)
  }
}
