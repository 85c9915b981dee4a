/// The line at the bottom while it is typed into.
struct Prompt: Sendable, Hashable {
  enum Kind: Sendable, Hashable {
    /// `:` a command
    case command
    /// `/` the filter of the stream
    case filter
    /// `/` in an event's detail
    case search
  }

  var kind: Kind
  var editor: LineEditor
  /// What stood there before, for Esc.
  var before: String
  /// What is wrong with what is typed.
  var error: String?

  init(_ kind: Kind, text: String = "") {
    self.kind = kind
    editor = LineEditor(text)
    before = text
  }
}
