import Testing

@testable import Terminal

@Suite("A terminal that this machine has no description of")
struct SubstituteTerminalTests {
  @Test(
    "is used as an xterm if its name or the terminal says so, else as a vt100",
    arguments: [
      ("xterm-ghostty", [:], "xterm-256color"), ("xterm-kitty", [:], "xterm-256color"),
      ("alacritty", ["COLORTERM": "truecolor"], "xterm-256color"),
      ("wezterm", ["TERM_PROGRAM": "WezTerm"], "xterm-256color"),
      ("nonsense", [:], "vt100"), ("nonsense", ["COLORTERM": ""], "vt100"),
    ] as [(String, [String: String], String)])
  func name(term: String, environment: [String: String], name: String) {
    let substitute = SubstituteTerminal(for: term, environment)
    #expect(substitute.name == name)
    #expect(substitute.note.contains("\"\(term)\": it is used as \(name)"))
  }
}
