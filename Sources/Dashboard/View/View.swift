import EventPersistence

extension Model {
  /// The screen: a pure function of the model and its size.
  package func view() -> Grid {
    var drawing = Drawing(self)
    drawing.draw()
    return drawing.grid
  }
}

/// Draws one frame.
struct Drawing: ScreenDrawing {
  let model: Model
  let layout: Layout
  let theme: Theme
  let glyphs: Glyphs
  var grid: Grid

  init(_ model: Model) {
    self.model = model
    layout = model.layout
    theme = Theme(model.settings.theme, hasColors: model.settings.hasColors)
    glyphs = Glyphs(isUTF8: model.settings.isUTF8)
    grid = Grid(width: model.width, height: model.height, isASCII: !model.settings.isUTF8)
  }

  mutating func draw() {
    guard !layout.isTooSmall else { return putTooSmall() }
    drawHeader()
    switch model.page {
    case .overview:
      drawSecondaries()
      drawReplays()
      drawEvents()
      drawPreview()
    case .event(let event): drawEvent(event)
    case .secondary(let secondary): drawSecondary(secondary)
    case .archives(let archives): drawArchives(archives)
    case .tags(let tags): drawTags(tags)
    case .log(let text, _): drawLog(text)
    case .help(let text, _): drawHelp(text)
    }
    drawFooter()
    drawDialog()
  }
}
