extension Model {
  /// Takes one message, and says what is to be done.
  public mutating func update(_ message: Message) -> [Command] {
    switch message {
    case .resized(let width, let height):
      (self.width, self.height) = (width, height)
      return []
    case .key(.control("c")): return [.quit(.none)]
    case .key(.character("q")): return [.quit(.none)]
    default: return []
    }
  }
}
