/// Makes foreign text safe for a terminal.
///
/// The text of an event, a name, a path, or an error comes from elsewhere. Printed as it is, it
/// could move the cursor, set the title, fill the clipboard, or reverse the text beside it.
package enum Visible {
  /// `text` with everything written out that could fool a terminal or a reader.
  ///
  /// C0 and DEL become `\x1b`; C1 becomes `\x9b`; bidirectional controls, line and paragraph separators,
  /// invisible spaces, scalars that no font has (unassigned, private) become `\u202e`; what was invalid
  /// UTF-8 is U+FFFD already. A tab becomes one space. Everything else, combining marks included, stays.
  ///
  /// With `asASCII`, for a terminal that shows only ASCII, everything else is written out too,
  /// except the few signs of this program's own sentences, which have a plain form.
  package static func text(_ text: String, asASCII: Bool = false) -> String {
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text }
    if !asASCII, text.unicodeScalars.allSatisfy(isSafe) { return text }
    var safe = ""
    safe.reserveCapacity(text.utf8.count + 16)
    for scalar in text.unicodeScalars {
      if scalar == "\t" {
        safe += " "
      } else if asASCII, !scalar.isASCII {
        safe += plainForms[scalar] ?? escape(scalar)
      } else if isSafe(scalar) {
        safe.unicodeScalars.append(scalar)
      } else {
        safe += escape(scalar)
      }
    }
    return safe
  }

  private static let plainForms: [Unicode.Scalar: String] = [
    "…": "...", "—": "-", "–": "-", "·": "-", "→": "->", "←": "Left", "↵": "Enter", "▸": ">",
    "▾": "v", "▴": "^", "⋮": ":", "×": "x",
  ]

  private static func isSafe(_ scalar: Unicode.Scalar) -> Bool {
    let value = scalar.value
    if value < 0x7F { return value >= 0x20 }
    if value < 0xA0 { return false }
    if value < 0x300 { return value != 0xAD }
    // The characters that the dashboard itself uses.
    if value >= 0x2500, value < 0x2900 { return true }
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse, .surrogate:
      return false
    // The joiners are part of some scripts and of emoji; every other format character hides something.
    case .format: return value == 0x200C || value == 0x200D
    default: return true
    }
  }

  private static func escape(_ scalar: Unicode.Scalar) -> String {
    let digits = String(scalar.value, radix: 16)
    if scalar.value < 0x100 { return "\\x" + (digits.count < 2 ? "0" : "") + digits }
    return "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }
}
