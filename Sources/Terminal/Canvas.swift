import CNCurses
import Dashboard

/// Draws grids with ncurses. It passes on only the lines that differ from the last grid; ncurses
/// sends the differences to the terminal, once per frame.
struct Canvas {
  private let isUTF8: Bool
  private var pairs: ColorPairs
  private var last: Grid?

  init(isUTF8: Bool, pairs: ColorPairs) {
    self.isUTF8 = isUTF8
    self.pairs = pairs
  }

  /// Draws the next grid completely, as after a change of size.
  mutating func forget() { last = nil }

  /// Sends the last grid again, completely.
  mutating func redraw() {
    show(cursor: last?.cursor)
    last = nil
  }

  mutating func draw(_ grid: Grid) {
    guard grid != last else { return }
    if last?.width != grid.width || last?.height != grid.height {
      cnc_erase()
      last = nil
    }
    for line in 0..<grid.height where last.map({ $0.line(line) != grid.line(line) }) ?? true {
      for (column, cell) in grid.line(line).enumerated() where !cell.isContinuation {
        put(cell, column: column, line: line)
      }
    }
    show(cursor: grid.cursor)
    last = grid
  }

  private func show(cursor: Grid.Point?) {
    cnc_show(Int32(cursor?.line ?? -1), Int32(cursor?.column ?? -1))
  }

  private mutating func put(_ cell: Cell, column: Int, line: Int) {
    let look = pairs.look(of: cell.style)
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: Cell.marksMax + 1) { text in
      var count = 0
      for scalar in cell.text.unicodeScalars.prefix(text.count) {
        text[count] = isUTF8 ? scalar.value : Self.plain(scalar)
        count += 1
        if !isUTF8 { break }
      }
      cnc_put(
        Int32(line), Int32(column), text.baseAddress!, Int32(count), look.attributes, look.pair)
    }
  }

  // The views draw in ASCII where the locale is not UTF-8; this is for foreign text.
  private static func plain(_ scalar: Unicode.Scalar) -> UInt32 {
    scalar.value < 0x7F ? scalar.value : 0x3F
  }
}
