public import EventPersistence

/// The characters that things are drawn with, and what stands for them where only ASCII can be shown.
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
  var arrow: String { isUTF8 ? "→" : "->" }

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

  /// The sign of a state: by how bad it is, and what it is about.
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

extension SecondaryState {
  /// As a person reads it.
  public var word: String {
    switch self {
    case .replayStalled: "replay stalled"
    case .replayOrphaned: "replay orphaned"
    case .driverLost: "driver lost"
    case .driverHung: "driver hung"
    case .fallingBehind: "falling behind"
    case .catchingUp: "catching up"
    default: rawValue
    }
  }

  /// What it means and what to do about it, in one line: the help.
  var meaning: String {
    switch self {
    case .unknown: "its checkpoint or the primary cannot be read"
    case .diverged: "it has stored events that the node gave up; R plans the repair"
    case .gap: "the next event is lost: no log of the node has it; R, then --clamp"
    case .replaying: "a replay is under way"
    case .replayStalled: "a replay is under way and makes no progress"
    case .replayOrphaned: "a replay is left, and nobody drives it; R resumes or cancels it"
    case .paused: "not driven, on purpose; P resumes it"
    case .rewound: "its checkpoint went back without a replay"
    case .driverLost: "its driver died; start it again, or D drives from here"
    case .driverHung: "its driver holds the lock and gives no sign of life"
    case .new: "nothing stored yet, and nobody drives it"
    case .ok: "it has everything, or as much as its own batching explains"
    case .idle: "its driver ended by itself and left something to deliver; D drives it"
    case .stalled: "no progress although there is something to deliver; T tries it now"
    case .fallingBehind: "it stores more slowly than the node writes"
    case .catchingUp: "it stores faster than the node writes"
    case .lagging: "it is behind, and neither catches up nor falls behind"
    }
  }
}
