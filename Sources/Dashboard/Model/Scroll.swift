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

/// The first line that is drawn of a text without a cursor, which moves as a whole.
struct TextScroll: Sendable, Hashable {
  var top = 0

  /// The same with none of the `height` lines that are drawn wasted.
  func fitted(lines: Int, height: Int) -> Int { min(max(0, top), max(0, lines - height)) }

  mutating func move(_ move: Move, lines: Int, height: Int) {
    switch move {
    case .pageUp, .pageDown: top += move.isUpward ? 1 - height : height - 1
    case .halfUp, .halfDown: top += move.isUpward ? -(height / 2) : height / 2
    default:
      var cursor = Scroll(selected: top, top: top)
      cursor.move(move, count: max(1, lines - height + 1), height: 1)
      top = cursor.top
    }
    top = fitted(lines: lines, height: height)
  }
}
