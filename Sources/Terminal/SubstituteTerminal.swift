internal import Wording

/// The terminal to draw for if this machine has no description of the one that `TERM` names.
struct SubstituteTerminal {
  let name: String
  /// What the user should know about it.
  let note: String

  /// `xterm-256color` if the name or the terminal itself tells that it is a modern one, else
  /// `vt100`: what nearly every terminal understands.
  init(for term: String, _ environment: [String: String]) {
    let isModern =
      term.hasPrefix("xterm")
      || ["COLORTERM", "TERM_PROGRAM"].contains { environment[$0]?.isEmpty == false }
    name = isModern ? "xterm-256color" : "vt100"
    let term = Visible.text(term)
    note =
      "This machine has no description of the terminal \"\(term)\": it is used as \(name). To install "
      + "its description, on the machine where that terminal runs: "
      + "infocmp -x \(term) | ssh THIS-MACHINE tic -x -"
  }
}
