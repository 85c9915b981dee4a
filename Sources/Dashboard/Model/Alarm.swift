import EventPersistence

/// Rings when something becomes an error, and sets the window's title.
struct Alarm: Sendable {
  /// The errors at the last look, by node. Errors at the first look do not ring.
  private var errors: [String: Set<String>] = [:]
  /// The last title of the window.
  private var title: String?

  var count: Int { errors.values.reduce(0) { $0 + $1.count } }

  /// Rings once if something has become an error since the last look at `node`.
  mutating func note(_ names: Set<String>, of node: String, _ settings: Settings) -> [Command] {
    defer { errors[node] = names }
    guard settings.ringsBell, let before = errors[node], !names.isSubset(of: before) else {
      return []
    }
    return [.screen(.bell)]
  }

  /// Sets the window's title if it changes.
  mutating func name(_ text: String, _ settings: Settings) -> [Command] {
    guard settings.setsTitle, text != title else { return [] }
    title = text
    return [.screen(.title(text))]
  }
}
