internal import Foundation

/// Text that the terminal can show: if the locale is not UTF-8, our signs in ASCII and the rest
/// escaped.
package enum Signs {
  /// Whether the locale of `environment` is UTF-8, by the variable that decides.
  package static func areUTF8(in environment: [String: String]) -> Bool {
    let deciding = ["LC_ALL", "LC_CTYPE", "LANG"].compactMap { environment[$0] }
      .first { !$0.isEmpty }
    let name = deciding?.lowercased() ?? ""
    return name.contains("utf-8") || name.contains("utf8")
  }

  private static let areUTF8 = areUTF8(in: ProcessInfo.processInfo.environment)

  /// `text` for this process's terminal.
  package static func shown(_ text: String) -> String {
    areUTF8 || text.utf8.allSatisfy { $0 < 0x80 } ? text : ascii(text)
  }

  /// In ASCII only. Each of our own signs stays one character, so that columns stay aligned. In
  /// another encoding the bytes of foreign text could be controls, so it is written by its number.
  package static func ascii(_ text: String) -> String {
    var plain = ""
    for scalar in text.unicodeScalars {
      if scalar.isASCII {
        plain.unicodeScalars.append(scalar)
      } else if let sign = signs[scalar] {
        plain.append(sign)
      } else {
        plain += "\\u{\(String(scalar.value, radix: 16))}"
      }
    }
    return plain
  }

  private static let signs: [Unicode.Scalar: Character] = [
    "●": "*", "◐": "o", "▲": "!", "✖": "x", "—": "-", "–": "-", "·": "-", "…": "~", "×": "x",
    "█": "#", "░": ".", "→": ">", "↵": "<", "\u{A0}": " ", "\u{2009}": " ", "\u{202F}": " ",
  ]
}
