internal import Wording

/// A screen of cells: a view draws it, and a terminal shows it.
///
/// All text is made visible and cut to its room; a wide character is never cut in half. Drawing
/// outside of the grid draws nothing.
package struct Grid: Sendable, Hashable {
  package let width: Int
  package let height: Int

  /// Line by line.
  package private(set) var cells: [Cell]

  /// The place of the terminal's cursor; nil if it is hidden.
  package var cursor: Point?

  package struct Point: Sendable, Hashable {
    package var column: Int
    package var line: Int

    package init(column: Int, line: Int) {
      self.column = column
      self.line = line
    }
  }

  /// Whether all text is written in ASCII.
  let isASCII: Bool

  package init(width: Int, height: Int, isASCII: Bool = false) {
    self.isASCII = isASCII
    self.width = max(0, width)
    self.height = max(0, height)
    cells = Array(repeating: .blank, count: self.width * self.height)
  }

  package subscript(column: Int, line: Int) -> Cell { cells[line * width + column] }

  /// The cells of one line, from left to right.
  package func line(_ line: Int) -> ArraySlice<Cell> {
    cells[line * width..<(line + 1) * width]
  }

  /// The screen as text: lines without trailing blanks, each ended by a line feed.
  package var plainText: String {
    var text = ""
    for row in 0..<height {
      var line = ""
      for cell in self.line(row) { line += cell.text }
      while line.last == " " { line.removeLast() }
      text += line + "\n"
    }
    return text
  }

  // MARK: - Drawing

  /// Puts at most `width` columns of `text` at a place, and returns how many it took.
  ///
  /// Text that does not fit ends in `ellipsis`, if there is one.
  @discardableResult
  mutating func put(
    _ text: String, _ style: Style = .plain, column: Int, line: Int, width limit: Int = .max,
    ellipsis: String = ""
  ) -> Int {
    guard line >= 0, line < height, column < width, limit > 0 else { return 0 }
    let room = min(limit, width - max(0, column))
    if text.utf8.count <= room, text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) {
      return putASCII(text, style, column: column, line: line)
    }
    var text = Visible.text(text, asASCII: isASCII)
    if !ellipsis.isEmpty { text = DisplayWidth.cut(text, to: room, ellipsis: ellipsis) }
    return putScalars(text, style, column: column, line: line, room: room)
  }

  /// The columns that `put` takes for `text` if there is room.
  func columns(of text: String) -> Int {
    DisplayWidth.of(Visible.text(text, asASCII: isASCII))
  }

  private mutating func putASCII(_ text: String, _ style: Style, column: Int, line: Int) -> Int {
    let count = text.utf8.count
    let start = max(0, column)
    guard start < column + count else { return count }
    clear(start..<column + count, line: line)
    let ascii = Self.ascii
    var index = line * width + start
    for byte in text.utf8.dropFirst(start - column) {
      cells[index] = Cell(ascii[Int(byte)], style)
      index += 1
    }
    return count
  }

  private mutating func putScalars(
    _ text: String, _ style: Style, column: Int, line: Int, room: Int
  ) -> Int {
    var at = column
    var last: Int?
    var marks = 0
    for scalar in text.unicodeScalars {
      let width = DisplayWidth.of(scalar)
      if width == 0 {
        // A joiner would make the terminal merge two cells.
        guard let last, marks < Cell.marksMax, !DisplayWidth.isJoiner(scalar) else { continue }
        cells[line * self.width + last].text.unicodeScalars.append(scalar)
        marks += 1
        continue
      }
      guard at + width - column <= room else { break }
      marks = 0
      last = at >= 0 ? at : nil
      if at >= 0 {
        let text =
          scalar.isASCII ? Self.ascii[Int(scalar.value)] : String(Character(scalar))
        clear(at..<at + width, line: line)
        cells[line * self.width + at] = Cell(text, style)
        if width == 2 { cells[line * self.width + at + 1] = Cell("", style) }
      }
      at += width
    }
    return at - column
  }

  /// Fills a rectangle with one character of width 1.
  mutating func fill(_ rect: Rect, _ character: String = " ", _ style: Style = .plain) {
    let cell = Cell(character, style)
    let columns = max(0, rect.left)..<max(0, rect.left, min(width, rect.right))
    guard !columns.isEmpty else { return }
    for line in max(0, rect.top)..<max(0, rect.top, min(height, rect.bottom)) {
      clear(columns, line: line)
      for column in columns { cells[line * width + column] = cell }
    }
  }

  /// Changes the style of the cells in a rectangle.
  mutating func restyle(_ rect: Rect, _ change: (inout Style) -> Void) {
    for line in max(0, rect.top)..<max(0, rect.top, min(height, rect.bottom)) {
      for column in max(0, rect.left)..<max(0, rect.left, min(width, rect.right)) {
        change(&cells[line * width + column].style)
      }
    }
  }

  /// Before these columns are drawn: half a wide character at one of their ends is not drawn any
  /// more, and what it leaves beside them is blank.
  private mutating func clear(_ columns: Range<Int>, line: Int) {
    let (start, end) = (line * width + columns.lowerBound, line * width + columns.upperBound)
    if columns.lowerBound > 0, cells[start].isContinuation { cells[start - 1].text = " " }
    if columns.upperBound < width, cells[end].isContinuation { cells[end].text = " " }
  }

  private static let ascii: [String] = (0..<128).map { String(Character(Unicode.Scalar($0))) }
}
