import EventPersistence
internal import SecondaryStatus
internal import Wording

/// A dialog, ready to draw.
struct DialogBox {
  var title: String
  var lines: [DialogLine]
  var form: Form
}

/// A line of a dialog. A small screen drops the lines with the lowest weight.
struct DialogLine {
  enum Content {
    case text(Spans)
    case field(Int)
    case buttons
  }

  var content: Content
  /// 9: never dropped.
  var weight: Int

  static let blank = DialogLine(content: .text([]), weight: 0)
  static let buttons = DialogLine(content: .buttons, weight: 9)

  static func text(_ text: String, _ style: Style = .plain, weight: Int) -> DialogLine {
    DialogLine(content: .text([(text, style)]), weight: weight)
  }

  static func field(_ index: Int, weight: Int) -> DialogLine {
    DialogLine(content: .field(index), weight: weight)
  }
}

extension Drawing {
  mutating func drawDialog() {
    switch model.dialog {
    case .replay(let replay): draw(box(replay))
    case .cancel(let cancel): draw(box(cancel))
    case .pause(let pause): draw(box(pause))
    case .question(let question): draw(box(question))
    case nil: break
    }
  }

  /// The keys of a dialog, for the footer.
  func hints(in dialog: Dialog) -> [(label: String, hint: String)] {
    let enter = (glyphs.isUTF8 ? "↵" : "Enter", "choose")
    guard case .question(let question) = dialog else {
      return [("Tab", "next"), enter, ("Esc", "back")]
    }
    let form = question.form
    let yes = form.yes > 0 ? [("y", form.buttons[form.yes])] : []
    return yes + [enter, ("Esc", form.buttons[0])]
  }

  /// The columns within a dialog.
  var dialogRoom: Int { min(72, grid.width - (layout.hasBorders ? 8 : 4)) }

  func wrapped(_ text: String, _ style: Style, weight: Int, lines: Int = 4) -> [DialogLine] {
    DisplayWidth.wrap(
      Visible.text(text), to: dialogRoom, lines: lines, ellipsis: glyphs.ellipsis
    ).map { .text($0, style, weight: weight) }
  }

  func fact(_ label: String, _ value: String, _ style: Style, weight: Int) -> DialogLine {
    DialogLine(
      content: .text([(label.filled(to: dialogRoom < 50 ? 9 : 12), theme.dim), (value, style)]),
      weight: weight)
  }

  /// Draws a box in the middle of the screen.
  private mutating func draw(_ dialog: DialogBox) {
    let form = dialog.form
    let room = dialogRoom
    let chrome = 2
    // The buttons are stacked if they do not fit side by side.
    let buttonsWidth = form.buttons.reduce(0) { $0 + grid.columns(of: $1) + 6 }
    let buttonLines = buttonsWidth <= room ? 1 : form.buttons.count
    let lines = fitted(dialog, buttonLines: buttonLines, height: grid.height - chrome - 1)
    let wanted = lines.reduce(chrome) { $0 + $1.height(buttonLines: buttonLines) }
    let (width, height) = (min(grid.width, room + 4), min(grid.height - 1, wanted))
    let box = Rect(
      left: (grid.width - width) / 2, top: max(0, (grid.height - 1 - height) / 2), width: width,
      height: height)
    // Dim the page.
    grid.restyle(Rect(left: 0, top: 0, width: grid.width, height: grid.height - 1)) {
      $0 = theme.dim
    }
    grid.fill(box)
    drawPanel(box, title: [(dialog.title, theme.accentBold)], hasBorders: true)
    grid.cursor = nil
    var line = box.top + 1
    for content in lines.map(\.content) where line < box.bottom - 1 {
      let rect = Rect(left: box.left + 2, top: line, width: box.width - 4, height: 1)
      switch content {
      case .text(let spans):
        var pen = Pen(rect, line: line, glyphs: glyphs)
        pen.put(spans, on: &grid)
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

  /// The lines that fit.
  private func fitted(_ dialog: DialogBox, buttonLines: Int, height: Int) -> [DialogLine] {
    var lines = dialog.lines
    // Keep the focused field and its error.
    for index in lines.indices {
      if case .field(dialog.form.focus) = lines[index].content { lines[index].weight = 9 }
    }
    while lines.reduce(0, { $0 + $1.height(buttonLines: buttonLines) }) > height,
      // The last of equals, so that a sentence loses its end.
      let lowest = lines.indices.reversed().min(by: { lines[$0].weight < lines[$1].weight }),
      lines[lowest].weight < 9
    {
      lines.remove(at: lowest)
    }
    return lines
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

extension DialogLine {
  fileprivate func height(buttonLines: Int) -> Int {
    if case .buttons = content { buttonLines } else { 1 }
  }
}
