internal import Wording
import EventPersistence

/// What the dashboard of a node and the first view of several say alike.
extension Grid {
  /// All that a terminal shows that is too small for anything else.
  mutating func putTooSmall() {
    let text =
      "the terminal is \(width)×\(height): \(Layout.widthMin)×\(Layout.heightMin) is needed; q quits"
    let lines = DisplayWidth.wrap(text, to: width, lines: height, ellipsis: "")
    for (line, text) in lines.enumerated() { put(text, .plain, column: 0, line: line) }
  }

  /// A notice in the footer's place. A long one takes lines of what is above it: what to do stands at its
  /// end.
  mutating func put(_ notice: Notice, theme: Theme, glyphs: Glyphs) {
    let lines = DisplayWidth.wrap(
      Visible.text(notice.text, asASCII: !glyphs.isUTF8), to: width - 2, lines: 3,
      ellipsis: glyphs.ellipsis)
    let top = height - lines.count
    fill(Rect(left: 0, top: top, width: width, height: lines.count))
    for (index, line) in lines.enumerated() {
      put(line, theme.severity(notice.severity), column: 1, line: top + index)
    }
  }
}
