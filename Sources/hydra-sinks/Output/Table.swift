import Dashboard

/// Columns of text, aligned: for people, on standard output.
struct Table {
  enum Alignment { case left, right }

  struct Column {
    var title: String
    var alignment: Alignment
  }

  /// A cell's text without escape sequences, and how to colour it.
  struct Cell {
    var text: String
    var ink: Paint.Ink = .plain
  }

  var columns: [Column]
  var rows: [[Cell]] = []

  /// Each row a line, two blanks between columns, nothing behind the last one.
  func lines(_ paint: Paint) -> [String] {
    let titles = columns.map { Cell(text: $0.title, ink: .dim) }
    let all = [titles] + rows
    let widths = columns.indices.map { column in
      all.map { DisplayWidth.of($0[column].text) }.max() ?? 0
    }
    return all.map { row in
      var line = ""
      var pending = 0
      for (column, cell) in row.enumerated() {
        let blanks = widths[column] - DisplayWidth.of(cell.text)
        if columns[column].alignment == .right { pending += blanks }
        line += String(repeating: " ", count: pending) + paint.apply(cell.ink, to: cell.text)
        pending = 2 + (columns[column].alignment == .left ? blanks : 0)
      }
      return line
    }
  }
}
