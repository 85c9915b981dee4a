import EventPersistence

/// One accent, dim for what is secondary, and a colour a severity; without colours attributes alone say
/// the same, since every state has a sign and a word as well.
struct Theme: Sendable, Hashable {
  var hasColors: Bool

  let plain = Style.plain
  let dim = Style(.standard, .dim)
  let bold = Style(.standard, .bold)

  /// The focus, the keys of the footer, what is matched.
  var accent: Style { hasColors ? Style(.cyan) : Style(.standard, .bold) }
  var accentBold: Style { accent.with(.bold) }
  var border: Style { dim }
  var focusedBorder: Style { hasColors ? Style(.cyan) : .plain }
  var selected: Style { Style(.standard, [.reverse, .bold]) }
  /// What a search has found.
  var match: Style {
    hasColors ? Style(.black, on: .yellow) : Style(.standard, [.reverse, .underline])
  }

  func severity(_ severity: Severity) -> Style {
    guard hasColors else {
      switch severity {
      case .ok, .info: return .plain
      case .warning, .unknown: return Style(.standard, .bold)
      case .error: return Style(.standard, [.bold, .underline])
      }
    }
    switch severity {
    case .ok: return Style(.green)
    case .info: return Style(.cyan)
    case .warning: return Style(.yellow)
    case .unknown: return Style(.magenta)
    case .error: return Style(.red, .bold)
    }
  }

  /// A tag of an event, by what it is about.
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
    guard hasColors else { return kind == .key ? bold : plain }
    switch kind {
    case .key: return Style(.cyan)
    case .string: return Style(.green)
    case .number: return Style(.yellow)
    case .literal: return Style(.magenta)
    case .open, .close: return dim
    }
  }
}

extension Style {
  init(_ foreground: Color, _ attributes: Attributes) {
    self.init(foreground, on: .standard, attributes)
  }
}
