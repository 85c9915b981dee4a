/// Aligned columns of text, for people, on standard output.
package struct Table {
  package enum Alignment { case left, right }

  package struct Column {
    package var title: String
    package var alignment: Alignment

    package init(
      title: String, alignment: Alignment
    ) {
      self.title = title
      self.alignment = alignment
    }
  }

  /// A cell's text without escape sequences, and how to colour it.
  package struct Cell {
    package var text: String
    package var ink: Paint.Ink = .plain

    package init(
      text: String, ink: Paint.Ink = .plain
    ) {
      self.text = text
      self.ink = ink
    }
  }

  package var columns: [Column]
  package var rows: [[Cell]] = []

  package init(
    columns: [Column], rows: [[Cell]] = []
  ) {
    self.columns = columns
    self.rows = rows
  }

  /// One line per row, two blanks between columns, nothing after the last one.
  package func lines(_ paint: Paint) -> [String] {
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
