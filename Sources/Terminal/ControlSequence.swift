import Foundation

/// The sequences that ncurses has no call for.
enum ControlSequence {
  /// Terminals refuse more; xterm's limit is the lowest known.
  static let copyBytesMax = 74_994

  /// OSC 52: puts the text on the clipboard, as base64, so that none of it acts as a sequence.
  static func copy(_ text: String) -> String {
    var end =
      text.utf8.index(
        text.startIndex, offsetBy: copyBytesMax / 4 * 3, limitedBy: text.endIndex)
      ?? text.endIndex
    // Never in the middle of a character.
    while end.samePosition(in: text.unicodeScalars) == nil { text.utf8.formIndex(before: &end) }
    let bytes = text.utf8[..<end]
    return "\u{1B}]52;c;\(Data(bytes).base64EncodedString())\u{07}"
  }

  /// OSC 2: the window's title, of printable characters alone, at most 256 of them.
  static func title(_ text: String) -> String {
    let safe = text.unicodeScalars.filter {
      $0.value >= 0x20 && $0.value != 0x7F && !(0x80...0x9F).contains($0.value)
    }
    return "\u{1B}]2;\(String(String.UnicodeScalarView(safe.prefix(256))))\u{07}"
  }

  /// Saves the window's title and icon name, and restores them (xterm's stack of titles).
  static let saveTitle = "\u{1B}[22;0t"
  static let restoreTitle = "\u{1B}[23;0t"
}
