internal import SecondaryStatus
internal import Wording
import EventPersistence

/// A line of a dialog. On a small screen the lines of the lowest weight give way.
struct DialogLine {
  enum Content {
    case text(Spans)
    case field(Int)
    case buttons
  }

  var content: Content
  /// 9: always there.
  var weight: Int

  static let blank = DialogLine(content: .text([]), weight: 0)

  static func text(_ text: String, _ style: Style = .plain, weight: Int) -> DialogLine {
    DialogLine(content: .text([(text, style)]), weight: weight)
  }
}

extension Drawing {
  mutating func drawDialog() {
    switch model.dialog {
    case .replay(let replay): draw(replay)
    case .cancel(let cancel): draw(cancel)
    case .pause(let pause):
      let lines: [DialogLine] = [
        .text(
          "Its driver stops after the batch in hand; nothing is lost, the lag grows.", weight: 2),
        .blank, DialogLine(content: .field(PauseDialog.reasonField), weight: 8),
        DialogLine(content: .field(PauseDialog.forField), weight: 8), .blank,
        DialogLine(content: .buttons, weight: 9),
      ]
      drawBox("Pause \(pause.name)", lines, pause.form)
    case .question(let question):
      drawBox(
        question.title, text(of: question) + [.blank, DialogLine(content: .buttons, weight: 9)],
        question.form)
    case nil: break
    }
  }

  /// What is news comes first, with its sign, and gives way last.
  private func text(of question: Question) -> [DialogLine] {
    guard let severity = question.severity, let news = question.lines.first else {
      return question.lines.flatMap { wrapped($0, theme.plain, weight: 5) }
    }
    let sign = glyphs.sign(severity == .ok ? .ok : .unknown, severity)
    return wrapped("\(sign) \(news)", theme.severity(severity), weight: 8)
      + question.lines.dropFirst().flatMap { wrapped($0, theme.plain, weight: 5) }
  }

  /// The columns within a dialog.
  var dialogRoom: Int { min(72, grid.width - (layout.hasBorders ? 8 : 2)) }

  func wrapped(_ text: String, _ style: Style, weight: Int, lines: Int = 4) -> [DialogLine] {
    DisplayWidth.wrap(
      Visible.text(text), to: dialogRoom, lines: lines, ellipsis: glyphs.ellipsis
    ).map { .text($0, style, weight: weight) }
  }

  /// Draws a box in the middle of the screen.
  mutating func drawBox(_ title: String, _ lines: [DialogLine], _ form: Form) {
    let room = dialogRoom
    let chrome = 2
    // The buttons stand beneath one another where they do not fit beside one another.
    let buttonsWidth = form.buttons.reduce(0) { $0 + grid.columns(of: $1) + 6 }
    let buttonLines = buttonsWidth <= room ? 1 : form.buttons.count
    var lines = lines
    // What is typed into, and what is wrong with it, stays.
    for index in lines.indices {
      if case .field(let field) = lines[index].content, field == form.focus {
        lines[index].weight = 9
      }
    }
    func height(_ lines: [DialogLine]) -> Int {
      lines.reduce(0) {
        if case .buttons = $1.content { return $0 + buttonLines }
        return $0 + 1
      }
    }
    let heightMax = grid.height - chrome - 1
    while height(lines) > heightMax,
      // Of equals the last, so that a sentence loses its end.
      let lowest = lines.indices.reversed().min(by: { lines[$0].weight < lines[$1].weight }),
      lines[lowest].weight < 9
    {
      lines.remove(at: lowest)
    }
    let size = (
      width: min(grid.width, room + 4), height: min(grid.height - 1, height(lines) + chrome)
    )
    let box = Rect(
      left: (grid.width - size.width) / 2,
      top: max(0, (grid.height - 1 - size.height) / 2), width: size.width, height: size.height)
    // What is behind it recedes.
    grid.restyle(Rect(left: 0, top: 0, width: grid.width, height: grid.height - 1)) {
      $0 = theme.dim
    }
    grid.fill(box)
    var bordered = layout
    bordered.hasBorders = true
    grid.panel(
      box, title: [(title, theme.accentBold)], isFocused: true, layout: bordered, theme: theme,
      glyphs: glyphs)
    grid.cursor = nil
    var line = box.top + 1
    for content in lines.map(\.content) where line < box.bottom - 1 {
      let rect = Rect(left: box.left + 2, top: line, width: box.width - 4, height: 1)
      switch content {
      case .text(let spans):
        var pen = Pen(rect, line: line, glyphs: glyphs)
        for (text, style) in spans { pen.put(text, style, on: &grid) }
        line += 1
      case .field(let index):
        draw(form.fields[index], isFocused: form.focus == index, rect)
        line += 1
      case .buttons:
        drawButtons(form, rect, areStacked: buttonLines > 1)
        line += buttonLines
      }
    }
  }

  private mutating func draw(_ field: Form.Field, isFocused: Bool, _ rect: Rect) {
    var pen = Pen(rect, line: rect.top, glyphs: glyphs)
    let label = max(12, field.label.count + 1)
    pen.put(
      field.label.filled(to: label), isFocused ? theme.accentBold : theme.dim, on: &grid)
    let style = isFocused ? theme.plain.with(.underline) : theme.plain
    let isEmpty = field.editor.characters.isEmpty
    if isEmpty, !isFocused {
      pen.put(field.error ?? field.placeholder, theme.dim, on: &grid)
      return
    }
    let start = pen.column
    let room = pen.room
    if isFocused {
      grid.put(field.editor, style, width: isEmpty ? 2 : room, &pen)
      if isEmpty { pen.column = start + 2 }
    } else {
      pen.put(field.editor.text, style, on: &grid)
    }
    if let error = field.error {
      pen.skip(1)
      pen.put(error, theme.severity(.warning), on: &grid)
    } else if isEmpty {
      pen.put(field.placeholder, theme.dim, on: &grid)
    }
  }

  private mutating func drawButtons(_ form: Form, _ rect: Rect, areStacked: Bool) {
    var pen = Pen(rect, line: rect.top, glyphs: glyphs)
    for (index, button) in form.buttons.enumerated() {
      let isMarked = form.isOnButtons && index == form.button
      if areStacked { pen = Pen(rect, line: rect.top + index, glyphs: glyphs) }
      pen.put(
        isMarked ? "[ \(button) ]" : "  \(button)  ",
        isMarked ? theme.selected : theme.plain, on: &grid)
      pen.skip(2)
    }
  }
}
