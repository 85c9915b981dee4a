internal import EventPersistence
internal import SecondaryStatus

/// The characters for drawing, and their ASCII forms.
struct Glyphs: Sendable, Hashable {
  var isUTF8: Bool

  var ellipsis: String { isUTF8 ? "…" : "~" }
  var dash: String { isUTF8 ? "—" : "-" }
  var dot: String { isUTF8 ? "·" : "-" }
  var more: String { isUTF8 ? "⋮" : ":" }
  var mark: String { isUTF8 ? "◆" : "*" }
  var marker: String { isUTF8 ? "▸" : ">" }
  var up: String { isUTF8 ? "▴" : "^" }
  var down: String { isUTF8 ? "▾" : "v" }

  var topLeft: String { isUTF8 ? "╭" : "+" }
  var topRight: String { isUTF8 ? "╮" : "+" }
  var bottomLeft: String { isUTF8 ? "╰" : "+" }
  var bottomRight: String { isUTF8 ? "╯" : "+" }
  var horizontal: String { isUTF8 ? "─" : "-" }
  var vertical: String { isUTF8 ? "│" : "|" }
  var axisCorner: String { isUTF8 ? "└" : "+" }
  var axisTick: String { isUTF8 ? "┤" : "+" }

  var barFull: String { isUTF8 ? "█" : "#" }
  var barEmpty: String { isUTF8 ? "░" : "." }

  /// From an eighth to all of a cell: U+2581 to U+2588.
  var levels: [String] { isUTF8 ? Self.blocks : Self.asciiLevels }

  private static let blocks = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
  private static let asciiLevels = ["_", ".", "-", "=", "+", "*", "%", "#"]

  /// The sign of a state, by its severity and its kind.
  func sign(_ state: SecondaryState, _ severity: Severity) -> String {
    switch (severity, state) {
    case (.error, _): isUTF8 ? "✖" : "X"
    case (.unknown, _): "?"
    case (.warning, .paused): isUTF8 ? "‖" : "="
    case (.warning, _): isUTF8 ? "▲" : "!"
    case (_, .ok): isUTF8 ? "●" : "*"
    case (_, .new): isUTF8 ? "○" : "o"
    case (_, .paused): isUTF8 ? "‖" : "="
    case (_, .replaying): isUTF8 ? "↻" : "@"
    default: isUTF8 ? "◐" : "%"
    }
  }
}
