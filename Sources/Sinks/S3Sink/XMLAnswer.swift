/// The texts of an XML document's elements, in their order: S3's answers need no more.
///
/// They are read here, since Foundation's parser on Linux ends the program on some bytes that are
/// not XML. A document type is refused: S3 declares no entities, which could name files.
struct XMLAnswer {
  struct Element {
    /// The enclosing element; empty for the root.
    var parent: String
    var name: String
    var text: String
  }

  private(set) var elements: [Element] = []
  /// The root element; nil if the bytes are not complete XML.
  private(set) var root: String?

  private var names: [String] = []
  private var text: [UInt8] = []
  private var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) {
    rest = bytes[...]
    guard String(validating: bytes, as: UTF8.self) != nil else { return }
    if rest.starts(with: "\u{FEFF}".utf8) { rest = rest.dropFirst(3) }
    while !rest.isEmpty {
      guard readPiece() else {
        root = nil
        return
      }
    }
    if !names.isEmpty { root = nil }
  }

  func first(_ name: String) -> String? { elements.first { $0.name == name }?.text }

  /// Reads a tag, or the text before one; false if it is not XML.
  private mutating func readPiece() -> Bool {
    guard take("<") else {
      let end = rest.firstIndex(of: UInt8(ascii: "<")) ?? rest.endIndex
      guard let read = Self.decoded(rest[..<end]) else { return false }
      rest = rest[end...]
      text += read
      return !names.isEmpty || read.allSatisfy { $0 <= 0x20 }
    }
    if take("?") { return take(until: "?>") != nil }
    if take("!--") { return take(until: "-->") != nil }
    if take("![CDATA[") {
      guard !names.isEmpty, let read = take(until: "]]>") else { return false }
      text += read
      return true
    }
    if take("/") {
      guard let name = take(until: ">"), names.last == Self.name(name) else { return false }
      end()
      return true
    }
    return begin()
  }

  private mutating func begin() -> Bool {
    var quote: UInt8?
    let end = rest.firstIndex { byte in
      if let open = quote {
        if byte == open { quote = nil }
      } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
        quote = byte
      } else if byte == UInt8(ascii: ">") {
        return true
      }
      return false
    }
    guard let end, !names.isEmpty || root == nil else { return false }
    let tag = rest[..<end]
    rest = rest[(end + 1)...]
    let isEmpty = tag.last == UInt8(ascii: "/")
    let name = Self.name(tag.dropLast(isEmpty ? 1 : 0))
    // No name begins like another kind of tag.
    guard let first = name.utf8.first, first >= 0x3A, !name.contains("<") else { return false }
    if names.isEmpty { root = name }
    names.append(name)
    text = []
    if isEmpty { self.end() }
    return true
  }

  private mutating func end() {
    let name = names.removeLast()
    elements.append(
      Element(parent: names.last ?? "", name: name, text: String(decoding: text, as: UTF8.self)))
    text = []
  }

  private mutating func take(_ mark: String) -> Bool {
    guard rest.starts(with: mark.utf8) else { return false }
    rest = rest.dropFirst(mark.utf8.count)
    return true
  }

  private mutating func take(until mark: String) -> ArraySlice<UInt8>? {
    guard let found = rest.firstRange(of: Array(mark.utf8)) else { return nil }
    defer { rest = rest[found.upperBound...] }
    return rest[..<found.lowerBound]
  }

  /// Up to the first blank.
  private static func name(_ tag: ArraySlice<UInt8>) -> String {
    String(decoding: tag.prefix { $0 > 0x20 }, as: UTF8.self)
  }

  /// With the characters that references name; nil if one names none.
  private static func decoded(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    guard text.contains(UInt8(ascii: "&")) else { return Array(text) }
    let parts = text.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false)
    var decoded = Array(parts[0])
    for part in parts.dropFirst() {
      guard let end = part.firstIndex(of: UInt8(ascii: ";")),
        let character = character(String(decoding: part[..<end], as: UTF8.self))
      else { return nil }
      decoded += Array(String(character).utf8) + part[(end + 1)...]
    }
    return decoded
  }

  private static func character(_ name: String) -> Character? {
    switch name {
    case "amp": return "&"
    case "lt": return "<"
    case "gt": return ">"
    case "quot": return "\""
    case "apos": return "'"
    default:
      guard name.hasPrefix("#") else { return nil }
      let isHex = name.hasPrefix("#x")
      return UInt32(name.dropFirst(isHex ? 2 : 1), radix: isHex ? 16 : 10)
        .flatMap(Unicode.Scalar.init).map(Character.init)
    }
  }
}
