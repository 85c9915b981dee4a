/// A rectangle of a grid: its left and top are inside, its right and bottom are not.
struct Rect: Sendable, Hashable {
  var left: Int
  var top: Int
  var width: Int
  var height: Int

  var right: Int { left + width }
  var bottom: Int { top + height }

  /// Without the first lines.
  mutating func removeLines(_ count: Int) {
    top += count
    height -= count
  }

  /// What is left within `columns` at either side and `lines` above and below.
  func inset(columns: Int, lines: Int) -> Rect {
    Rect(
      left: left + columns, top: top + lines, width: max(0, width - 2 * columns),
      height: max(0, height - 2 * lines))
  }

  func contains(column: Int, line: Int) -> Bool {
    column >= left && column < right && line >= top && line < bottom
  }
}
