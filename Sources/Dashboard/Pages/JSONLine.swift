internal import Wording

/// A line of an event's JSON: a key with its value, or with the bracket that begins its value.
struct JSONLine: Sendable, Hashable {
  var depth: Int
  var key: String?
  var kind: EventDetail.Token.Kind
  /// The value, made visible; of a string without quotes; or the bracket.
  var text: String
  /// If it opens a bracket, the index of the line that closes it. Nil for a value, and for `{}`.
  var closing: Int?
  /// How many values a bracket holds.
  var items = 0
  /// The index of the value's token.
  var token: Int

  /// The lines of an event; an empty `{}` or `[]` is one line. Linear in the tokens; brackets that do not
  /// match are drawn in order.
  static func lines(of tokens: [EventDetail.Token]) -> [JSONLine] {
    var lines: [JSONLine] = []
    lines.reserveCapacity(tokens.count)
    var open: [Int] = []
    var key: String?
    for (index, token) in tokens.enumerated() {
      switch token.kind {
      case .key:
        key = token.text
        continue
      case .close:
        if let opening = open.popLast() {
          if opening == lines.count - 1 {
            lines[opening].text += token.text
          } else {
            lines[opening].closing = lines.count
            lines.append(
              JSONLine(depth: token.depth, kind: .close, text: token.text, token: index))
          }
        }
      case .open, .string, .number, .literal:
        if let parent = open.last { lines[parent].items += 1 }
        if token.kind == .open { open.append(lines.count) }
        let text =
          token.text.utf8.count > EventDetail.textBytesMax
          ? String(decoding: token.text.utf8.prefix(EventDetail.textBytesMax), as: UTF8.self)
          : token.text
        lines.append(
          JSONLine(
            depth: token.depth, key: key, kind: token.kind, text: Visible.text(text), token: index))
      }
      key = nil
    }
    return lines
  }

  /// Whether the key or the value contains `lowercased`.
  func contains(_ lowercased: String) -> Bool {
    if let key, Filter.contains(key, lowercased) { return true }
    return Filter.contains(text, lowercased)
  }

  /// How many pieces of `width` bytes the full text has. No scalar has more columns than bytes, so
  /// the pieces fit, and arithmetic finds them.
  func pieces(_ width: Int) -> Int {
    let count = text.utf8.count
    return (count + width - 1) / width
  }

  /// One of them: `width` bytes of UTF-8, moved to whole scalars.
  func piece(_ index: Int, width: Int) -> String {
    let bytes = text.utf8
    func boundary(_ offset: Int) -> String.Index {
      let index = bytes.index(bytes.startIndex, offsetBy: min(offset, bytes.count))
      return text.unicodeScalars.rounded(index, in: text)
    }
    return String(text[boundary(index * width)..<boundary((index + 1) * width)])
  }
}

extension String.UnicodeScalarView {
  /// The beginning of the scalar at `index`.
  fileprivate func rounded(_ index: String.Index, in text: String) -> String.Index {
    var index = index
    let bytes = text.utf8
    while index > startIndex, index < endIndex, bytes[index] & 0xC0 == 0x80 {
      index = bytes.index(before: index)
    }
    return index
  }
}
