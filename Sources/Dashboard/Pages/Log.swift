import EventPersistence
internal import SecondaryStatus
internal import Wording

extension Model {
  var logEntries: [TextPage.Entry] { Drawing(self).logEntries() }
}

extension Drawing {
  mutating func drawLog(_ page: TextPage) {
    drawPage(
      "Log", page, logEntries(),
      right: layout.body.width >= 60 ? [("the latest first, times in UTC", theme.dim)] : [])
  }

  /// What this program and the drivers reported, the latest first; long sentences are wrapped.
  func logEntries() -> [TextPage.Entry] {
    let lines = model.journal.merged(with: model.shown?.secondaries ?? [])
    guard !lines.isEmpty else {
      return [TextPage.Entry([[("nothing has been reported yet", theme.dim)]])]
    }
    let room = layout.inner(layout.body, head: 0).width - (layout.hasBorders ? 2 : 0)
    return entries(of: lines, room: room, now: model.now)
  }
}
