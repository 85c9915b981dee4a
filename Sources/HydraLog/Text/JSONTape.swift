internal import EventArchive
internal import EventPersistence
internal import Foundation

/// A JSON text as a flat list of its values in the order of the text, made in one pass in memory
/// that is reused.
///
/// It checks the whole grammar (RFC 8259), except that strings need not be UTF-8.
package struct JSONTape: ~Copyable {
  package enum Kind: UInt8 {
    case object, array, string, number, yes, no, null
  }

  package struct Value {
    package var kind: Kind
    /// Of its text; a string's is that between its quotes.
    package var start: Int
    package var end: Int
    /// How many elements or members it has.
    package var count = 0
    /// The index after it and all that is in it.
    package var next = 0
  }

  package private(set) var values: [Value] = []
  /// The containers that are open.
  private var open: [Int] = []

  /// How deep values may be nested.
  static let depthMax = 512

  package init() {}

  private enum Expected {
    case value, valueOrEnd, key, keyOrEnd, colon, commaOrEnd, end
  }

  /// Reads `json`; returns whether it is exactly one value.
  package mutating func read(_ json: UnsafeRawBufferPointer) -> Bool {
    values.removeAll(keepingCapacity: true)
    open.removeAll(keepingCapacity: true)
    var at = 0
    var expected = Expected.value
    while true {
      while at < json.count, Self.isSpace(json[at]) { at += 1 }
      guard at < json.count else { return expected == .end }
      switch (expected, json[at]) {
      case (.valueOrEnd, UInt8(ascii: "]")), (.keyOrEnd, UInt8(ascii: "}")),
        (.commaOrEnd, UInt8(ascii: "]")), (.commaOrEnd, UInt8(ascii: "}")):
        guard close(isObject: json[at] == UInt8(ascii: "}")) else { return false }
        at += 1
        expected = open.isEmpty ? .end : .commaOrEnd
      case (.commaOrEnd, UInt8(ascii: ",")):
        at += 1
        expected = values[open.last!].kind == .object ? .key : .value
      case (.colon, UInt8(ascii: ":")):
        at += 1
        expected = .value
      case (.key, UInt8(ascii: "\"")), (.keyOrEnd, UInt8(ascii: "\"")):
        values[open.last!].count += 1
        guard string(json, &at) else { return false }
        expected = .colon
      case (.value, _), (.valueOrEnd, _):
        if let last = open.last, values[last].kind == .array { values[last].count += 1 }
        guard let next = value(json, &at) else { return false }
        expected = next
      default: return false
      }
    }
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
  }

  /// Reads a value, or the beginning of a container; returns what is to follow.
  private mutating func value(_ json: UnsafeRawBufferPointer, _ at: inout Int) -> Expected? {
    let isRead: Bool
    switch json[at] {
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      guard open.count < Self.depthMax else { return nil }
      let isObject = json[at] == UInt8(ascii: "{")
      open.append(values.count)
      values.append(Value(kind: isObject ? .object : .array, start: at, end: at))
      at += 1
      return isObject ? .keyOrEnd : .valueOrEnd
    case UInt8(ascii: "\""): isRead = string(json, &at)
    case UInt8(ascii: "t"): isRead = word("true", .yes, json, &at)
    case UInt8(ascii: "f"): isRead = word("false", .no, json, &at)
    case UInt8(ascii: "n"): isRead = word("null", .null, json, &at)
    default:
      let start = at
      while at < json.count, Self.isOfNumber(json[at]) { at += 1 }
      isRead = Self.isNumber(UnsafeRawBufferPointer(rebasing: json[start..<at]))
      add(.number, start, at)
    }
    guard isRead else { return nil }
    return open.isEmpty ? .end : .commaOrEnd
  }

  private static func isOfNumber(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"),
      UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"):
      true
    default: false
    }
  }

  private static func isNumber(_ text: UnsafeRawBufferPointer) -> Bool {
    let isNatural = text.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    if isNatural, text.count == 1 || text.first.map({ $0 != UInt8(ascii: "0") }) ?? false {
      return true
    }
    return ExactNumber(Array(text)[...]) != nil
  }

  private mutating func word(
    _ word: StaticString, _ kind: Kind, _ json: UnsafeRawBufferPointer, _ at: inout Int
  ) -> Bool {
    let text = UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
    guard json.count - at >= text.count,
      UnsafeRawBufferPointer(rebasing: json[at..<at + text.count]).isEqual(to: text)
    else { return false }
    add(kind, at, at + text.count)
    at += text.count
    return true
  }

  /// Reads a string, whose quote is at `at`.
  private mutating func string(_ json: UnsafeRawBufferPointer, _ at: inout Int) -> Bool {
    let start = at + 1
    var from = start
    while from < json.count,
      let found = memchr(json.baseAddress! + from, 0x22, json.count - from)
    {
      let quote = UnsafeRawPointer(found) - json.baseAddress!
      // A quote after an odd number of backslashes belongs to the string.
      var slashes = 0
      while quote - slashes > start, json[quote - slashes - 1] == 0x5C { slashes += 1 }
      if slashes % 2 == 0 {
        add(.string, start, quote)
        at = quote + 1
        return Self.isText(UnsafeRawBufferPointer(rebasing: json[start..<quote]))
      }
      from = quote + 1
    }
    return false
  }

  private static func isText(_ quoted: UnsafeRawBufferPointer) -> Bool {
    // The least of all, not the first below: so it is computed for many bytes at once.
    let least = quoted.reduce(UInt8.max) { min($0, $1) }
    return least >= 0x20 && (!quoted.contains(0x5C) || JSONText.unescaped(quoted) != nil)
  }

  private mutating func add(_ kind: Kind, _ start: Int, _ end: Int) {
    values.append(Value(kind: kind, start: start, end: end, next: values.count + 1))
  }

  private mutating func close(isObject: Bool) -> Bool {
    guard let last = open.popLast(), (values[last].kind == .object) == isObject else {
      return false
    }
    values[last].next = values.count
    return true
  }
}

extension JSONTape {
  /// The index of the value of the member `key` of the object at `index`; nil if it has none.
  package func member(
    _ key: UnsafeRawBufferPointer, of index: Int, _ json: UnsafeRawBufferPointer
  ) -> Int? {
    var at = index + 1
    while at < values[index].next {
      let name = values[at]
      if UnsafeRawBufferPointer(rebasing: json[name.start..<name.end]).isEqual(to: key) {
        return at + 1
      }
      at = values[at + 1].next
    }
    return nil
  }
}
