import EventPersistence

/// Rings when something becomes an error, and keeps the window's title.
struct Alarm: Sendable {
  /// What was an error at the last look, by node: what was one before the first does not ring.
  private var errors: [String: Set<String>] = [:]
  /// What the window was last named.
  private var title: String?

  var count: Int { errors.values.reduce(0) { $0 + $1.count } }

  /// Rings once for what has become an error since the last look at `node`.
  mutating func note(_ names: Set<String>, of node: String, _ settings: Settings) -> [Command] {
    defer { errors[node] = names }
    guard settings.ringsBell, let before = errors[node], !names.isSubset(of: before) else {
      return []
    }
    return [.screen(.bell)]
  }

  /// Names the window where its name changes.
  mutating func name(_ text: String, _ settings: Settings) -> [Command] {
    guard settings.setsTitle, text != title else { return [] }
    title = text
    return [.screen(.title(text))]
  }
}
