/// Which of `count` rows is selected, and which is the first that is drawn.
struct Scroll: Sendable, Hashable {
  var selected = 0
  var top = 0

  /// The same with the selected row among the `height` rows that are drawn, and none of them wasted.
  func fitted(count: Int, height: Int) -> Scroll {
    guard count > 0, height > 0 else { return Scroll() }
    var fitted = self
    fitted.selected = min(max(0, selected), count - 1)
    fitted.top = min(max(0, top), max(0, count - height))
    if fitted.selected < fitted.top { fitted.top = fitted.selected }
    if fitted.selected >= fitted.top + height { fitted.top = fitted.selected - height + 1 }
    return fitted
  }

  /// Moves as the movement keys say; false where `move` is none of them.
  mutating func move(_ move: Move, count: Int, height: Int) {
    let page = max(1, height - 1)
    switch move {
    case .up: selected -= 1
    case .down: selected += 1
    case .pageUp: shift(-page)
    case .pageDown: shift(page)
    case .halfUp: shift(-max(1, height / 2))
    case .halfDown: shift(max(1, height / 2))
    case .first: selected = 0
    case .last: selected = count - 1
    case .wheelUp: shift(-3)
    case .wheelDown: shift(3)
    }
    self = fitted(count: count, height: height)
  }

  private mutating func shift(_ rows: Int) {
    selected += rows
    top += rows
  }
}

/// The movement keys, by what they do.
enum Move: Sendable, Hashable {
  case up, down, pageUp, pageDown, halfUp, halfDown, first, last, wheelUp, wheelDown

  var isUpward: Bool {
    switch self {
    case .up, .pageUp, .halfUp, .first, .wheelUp: true
    case .down, .pageDown, .halfDown, .last, .wheelDown: false
    }
  }

  /// What a movement key does; nil for the other actions.
  init?(_ action: Action) {
    switch action {
    case .up: self = .up
    case .down: self = .down
    case .pageUp: self = .pageUp
    case .pageDown: self = .pageDown
    case .halfUp: self = .halfUp
    case .halfDown: self = .halfDown
    case .first: self = .first
    case .last: self = .last
    default: return nil
    }
  }
}
