import EventPersistence
internal import SecondaryStatus

/// One accent, dim for less important text, and one colour per severity. Without colours,
/// attributes suffice, because every state also has a sign and a word.
struct Theme: Sendable, Hashable {
  let name: ThemeName

  /// `hasColors`: the terminal has colours and the user wants them; otherwise the theme is `mono`.
  init(_ name: ThemeName, hasColors: Bool) { self.name = hasColors ? name : .mono }

  var hasColors: Bool { name != .mono }

  let plain = Style.plain
  let bold = Style(.standard, .bold)

  /// Less important text. A grey is only sure to be legible if the background is known.
  var dim: Style {
    switch name {
    case .terminal, .mono: Style(.standard, .dim)
    case .dark, .light: Style(.brightBlack)
    }
  }

  /// The focus, the keys of the footer.
  var accent: Style {
    switch name {
    case .terminal: Style(.cyan)
    case .dark: Style(.brightCyan)
    case .light: Style(.blue)
    case .mono: Style(.standard, .bold)
    }
  }

  var accentBold: Style { accent.with(.bold) }
  var border: Style { dim }
  var focusedBorder: Style { hasColors ? accent : .plain }

  /// The row under the cursor: one bar.
  var selected: Style {
    switch name {
    case .terminal: Style(.black, on: .cyan)
    case .dark, .light: Style(.brightWhite, on: .blue, .bold)
    case .mono: Style(.standard, [.reverse, .bold])
    }
  }

  /// The matches of a search.
  var match: Style {
    hasColors ? Style(.black, on: .yellow) : Style(.standard, [.reverse, .underline])
  }

  func severity(_ severity: Severity) -> Style {
    switch (name, severity) {
    case (.mono, .ok), (.mono, .info): .plain
    case (.mono, .warning), (.mono, .unknown): Style(.standard, .bold)
    case (.mono, .error): Style(.standard, [.bold, .underline])
    case (.dark, .ok): Style(.brightGreen)
    case (.dark, .info): Style(.brightCyan)
    case (.dark, .warning): Style(.brightYellow)
    case (.dark, .unknown): Style(.brightMagenta)
    case (.dark, .error): Style(.brightRed, .bold)
    case (.light, .info): Style(.blue)
    // Yellow is hardly visible on white.
    case (.light, .warning): Style(.yellow, .bold)
    case (_, .ok): Style(.green)
    case (_, .info): Style(.cyan)
    case (_, .warning): Style(.yellow)
    case (_, .unknown): Style(.magenta)
    case (_, .error): Style(.red, .bold)
    }
  }

  /// An event's tag, by its subject.
  func tag(_ tag: String?) -> Style {
    guard let tag else { return dim }
    if tag == "TickObserved" || tag.hasPrefix("Network") || tag.hasPrefix("Peer") { return dim }
    if tag.hasSuffix("Invalid") || tag.hasSuffix("RolledBack") || tag.hasSuffix("Mismatch")
      || tag.hasSuffix("Unsynced") || tag.hasSuffix("Expired") || tag.hasSuffix("Reverted")
    {
      return severity(.warning)
    }
    if tag.hasPrefix("Head") || tag == "Checkpoint" { return bold }
    return plain
  }

  func token(_ kind: EventDetail.Token.Kind) -> Style {
    switch (name, kind) {
    case (.mono, .key): bold
    case (.mono, _): plain
    case (_, .open), (_, .close): dim
    case (_, .key): accent
    case (_, .string): severity(.ok)
    case (.dark, .number): Style(.brightYellow)
    case (.dark, .literal): Style(.brightMagenta)
    // Yellow is hardly visible on white.
    case (.light, .number), (.light, .literal): Style(.magenta)
    case (_, .number): Style(.yellow)
    case (_, .literal): Style(.magenta)
    }
  }
}

extension Style {
  init(_ foreground: Color, _ attributes: Attributes) {
    self.init(foreground, on: .standard, attributes)
  }
}
