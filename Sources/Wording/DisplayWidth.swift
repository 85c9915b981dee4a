/// How many columns of a terminal a text takes.
///
/// Two for the scalars that Unicode 14's `EastAsianWidth.txt` calls W or F (which is what the C library
/// of Debian 12 and its ncurses go by), none for combining marks, format characters and the vowels and
/// finals of Hangul, one for all else.
package enum DisplayWidth {
  /// The columns of `text`, which holds no control characters.
  package static func of(_ text: String) -> Int {
    var width = 0
    for scalar in text.unicodeScalars { width += of(scalar) }
    return width
  }

  /// 0, 1 or 2.
  package static func of(_ scalar: Unicode.Scalar) -> Int {
    let value = scalar.value
    if value < 0x300 { return value == 0xAD ? 0 : 1 }
    // Punctuation, arrows, box drawing, blocks, Braille: what a dashboard is drawn with.
    if value >= 0x2010, value < 0x2028 { return 1 }
    if value >= 0x2500, value < 0x25FD { return 1 }
    if (0x1160...0x11FF).contains(value) || (0xD7B0...0xD7FB).contains(value) { return 0 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: return isWide(value) ? 2 : 1
    }
  }

  /// The zero-width joiner and the variation selectors, which make terminals change the width of
  /// their neighbours.
  package static func isJoiner(_ scalar: Unicode.Scalar) -> Bool {
    let value = scalar.value
    return value == 0x200D || (0xFE00...0xFE0F).contains(value)
      || (0xE0100...0xE01EF).contains(value)
  }

  /// The longest beginning of `text` that fits, followed by `ellipsis` if something was cut off.
  package static func cut(_ text: String, to columns: Int, ellipsis: String) -> String {
    if text.utf8.count <= columns { return text }
    let reserve = of(ellipsis)
    var width = 0
    // Where to cut if the text does not fit.
    var keep = text.startIndex
    let scalars = text.unicodeScalars
    var index = scalars.startIndex
    while index < scalars.endIndex {
      width += of(scalars[index])
      let next = scalars.index(after: index)
      if width > columns {
        return columns < reserve ? "" : String(text[..<keep]) + ellipsis
      }
      if width + reserve <= columns { keep = next }
      index = next
    }
    return text
  }

  /// `text` in pieces of at most `columns`, broken at spaces if there are any; at most `lines`
  /// pieces. The last one ends in `ellipsis` if there was more.
  package static func wrap(_ text: String, to columns: Int, lines: Int, ellipsis: String)
    -> [String]
  {
    guard columns > 0, lines > 0 else { return [] }
    var pieces: [String] = []
    var rest = Substring(text)
    while !rest.isEmpty {
      if pieces.count == lines - 1 {
        pieces.append(cut(String(rest), to: columns, ellipsis: ellipsis))
        break
      }
      var width = 0
      var end = rest.startIndex
      var lastSpace: Substring.Index?
      while end < rest.endIndex {
        let scalar = rest.unicodeScalars[end]
        if scalar == " ", !isWithinNumber(rest.unicodeScalars, end) { lastSpace = end }
        let next = rest.unicodeScalars.index(after: end)
        if width + of(scalar) > columns { break }
        width += of(scalar)
        end = next
      }
      if end < rest.endIndex, let lastSpace, lastSpace > rest.startIndex { end = lastSpace }
      if end == rest.startIndex { end = rest.unicodeScalars.index(after: end) }
      pieces.append(String(rest[..<end]))
      rest = rest[end...].drop { $0 == " " }
    }
    return pieces
  }

  /// Whether the space at `index` groups the digits of a number: `3 853`.
  private static func isWithinNumber(
    _ text: Substring.UnicodeScalarView, _ index: Substring.Index
  ) -> Bool {
    func isDigit(_ scalar: Unicode.Scalar?) -> Bool { scalar.map { "0"..."9" ~= $0 } ?? false }
    guard isDigit(text[..<index].last) else { return false }
    let next = text[text.index(after: index)...].prefix(4)
    return next.prefix(3).count { isDigit($0) } == 3 && !isDigit(next.dropFirst(3).first)
  }

  private static func isWide(_ value: UInt32) -> Bool {
    guard value >= 0x1100 else { return false }
    var low = 0
    var high = wideRanges.count
    while low < high {
      let middle = (low + high) / 2
      let range = wideRanges[middle]
      if value < range.0 {
        high = middle
      } else if value > range.1 {
        low = middle + 1
      } else {
        return true
      }
    }
    return false
  }

  // Unicode 14.0, EastAsianWidth.txt, W and F; neighbours with only unassigned scalars or marks between
  // them are joined.
  private static let wideRanges: [(UInt32, UInt32)] = [
    (0x1100, 0x115F), (0x231A, 0x231B), (0x2329, 0x232A), (0x23E9, 0x23EC), (0x23F0, 0x23F0),
    (0x23F3, 0x23F3), (0x25FD, 0x25FE), (0x2614, 0x2615), (0x2648, 0x2653), (0x267F, 0x267F),
    (0x2693, 0x2693), (0x26A1, 0x26A1), (0x26AA, 0x26AB), (0x26BD, 0x26BE), (0x26C4, 0x26C5),
    (0x26CE, 0x26CE), (0x26D4, 0x26D4), (0x26EA, 0x26EA), (0x26F2, 0x26F3), (0x26F5, 0x26F5),
    (0x26FA, 0x26FA), (0x26FD, 0x26FD), (0x2705, 0x2705), (0x270A, 0x270B), (0x2728, 0x2728),
    (0x274C, 0x274C), (0x274E, 0x274E), (0x2753, 0x2755), (0x2757, 0x2757), (0x2795, 0x2797),
    (0x27B0, 0x27B0), (0x27BF, 0x27BF), (0x2B1B, 0x2B1C), (0x2B50, 0x2B50), (0x2B55, 0x2B55),
    (0x2E80, 0x303E), (0x3041, 0xA4C6), (0xA960, 0xA97C), (0xAC00, 0xD7A3), (0xF900, 0xFAD9),
    (0xFE10, 0xFE19), (0xFE30, 0xFE6B), (0xFF01, 0xFF60), (0xFFE0, 0xFFE6), (0x16FE0, 0x18D08),
    (0x1AFF0, 0x1B2FB), (0x1F004, 0x1F004), (0x1F0CF, 0x1F0CF), (0x1F18E, 0x1F18E),
    (0x1F191, 0x1F19A), (0x1F200, 0x1F265), (0x1F300, 0x1F320), (0x1F32D, 0x1F335),
    (0x1F337, 0x1F37C), (0x1F37E, 0x1F393), (0x1F3A0, 0x1F3CA), (0x1F3CF, 0x1F3D3),
    (0x1F3E0, 0x1F3F0), (0x1F3F4, 0x1F3F4), (0x1F3F8, 0x1F43E), (0x1F440, 0x1F440),
    (0x1F442, 0x1F4FC), (0x1F4FF, 0x1F53D), (0x1F54B, 0x1F54E), (0x1F550, 0x1F567),
    (0x1F57A, 0x1F57A), (0x1F595, 0x1F596), (0x1F5A4, 0x1F5A4), (0x1F5FB, 0x1F64F),
    (0x1F680, 0x1F6C5), (0x1F6CC, 0x1F6CC), (0x1F6D0, 0x1F6D2), (0x1F6D5, 0x1F6D7),
    (0x1F6DD, 0x1F6DF), (0x1F6EB, 0x1F6EC), (0x1F6F4, 0x1F6FC), (0x1F7E0, 0x1F7F0),
    (0x1F90C, 0x1F93A), (0x1F93C, 0x1F945), (0x1F947, 0x1F9FF), (0x1FA70, 0x1FAF6),
    (0x20000, 0x3FFFD),
  ]
}
