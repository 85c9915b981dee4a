import EventPersistence
internal import SecondaryStatus
internal import Wording

/// The layout of a screen of a given size: the update needs it for paging, the view for drawing.
struct Layout: Sendable, Hashable {
  /// The smallest usable screen.
  static let widthMin = 40
  static let heightMin = 10
  /// The smallest screen, and the smallest panel of events, with room for an event's JSON.
  static let previewWidthMin = 140
  static let previewHeightMin = 14

  var isTooSmall: Bool
  /// Panels have borders.
  var hasBorders: Bool
  var header: Rect
  /// Between header and footer.
  var body: Rect
  var footer: Rect

  // Of the overview.
  var secondaries: Rect?
  /// The rows of the table alone.
  var secondaryRows: Rect?
  /// Below them: the explanation of the selected one.
  var explanation: Rect?
  /// One line per replay, and per comparison with the log.
  var replays: Rect?
  var events: Rect?
  var eventRows: Rect?
  /// Beside the events: the selected one's JSON.
  var preview: Rect?

  /// The lines of an event's JSON in `panel`.
  func lines(of event: EventPage, in panel: Rect) -> Rect {
    inner(panel, head: facts(of: event) + (hasBorders ? 1 : 0))
  }

  /// How many lines of facts are above an event's JSON.
  func facts(of event: EventPage) -> Int { hasBorders ? 2 + event.transactionLines : 1 }

  /// The rows of the table of archives.
  var archiveRows: Rect {
    var rows = inner(body, head: 1)
    rows.height = max(0, rows.height - archiveNotes)
    return rows
  }

  /// How many lines are below the table of archives.
  var archiveNotes = 0

  /// The lines of a page of text.
  var textLines: Int { inner(body, head: 0).height }

  /// Inside the border, or below the title.
  func inner(_ panel: Rect, head: Int) -> Rect {
    var inner = panel
    if hasBorders {
      inner = panel.inset(columns: 1, lines: 1)
    } else {
      inner.top += 1
      inner.height = max(0, inner.height - 1)
    }
    inner.top += head
    inner.height = max(0, inner.height - head)
    return inner
  }
}

extension Model {
  var layout: Layout {
    let hasBorders = width >= 60 && height >= 16
    let headerLines = trouble != nil || hasSecondLine ? 2 : 1
    var layout = Layout(
      isTooSmall: width < Layout.widthMin || height < Layout.heightMin, hasBorders: hasBorders,
      header: Rect(left: 0, top: 0, width: width, height: headerLines),
      body: Rect(
        left: 0, top: headerLines, width: width, height: max(0, height - headerLines - 1)),
      footer: Rect(left: 0, top: height - 1, width: width, height: 1))
    guard !layout.isTooSmall else { return layout }
    switch page {
    case .overview: arrangeOverview(&layout)
    case .archives:
      let room = layout.inner(layout.body, head: 1).height
      layout.archiveNotes = min(archiveNoteLines.count, max(0, room - 3))
    case .event, .secondary, .tags, .log, .help: break
    }
    return layout
  }

  private func arrangeOverview(_ layout: inout Layout) {
    let body = layout.body
    let isEmpty = shown?.secondaries.isEmpty ?? true
    let rows =
      isEmpty ? Drawing.noSecondaries(self, room: width - 4).count : shown?.secondaries.count ?? 1
    let explained = explanationLines
    let chrome = layout.hasBorders ? 3 : (height >= 14 ? 2 : 1)
    let replays = min(replaying.count + verifying.count, layout.hasBorders ? 3 : 1)
    let wanted = rows + explained + chrome
    // Fewer lines of events are useless.
    let eventsMin = layout.hasBorders ? 7 : 5
    let hasBoth = !isZoomed && body.height - replays >= min(wanted, chrome + 3) + eventsMin

    var table = body
    if hasBoth {
      table.height = min(
        wanted, max(chrome + 3, body.height - replays - max(eventsMin, body.height / 2)))
    } else if focus == .events {
      table.height = 0
    } else {
      table.height = max(0, body.height - replays)
    }
    if table.height > 0 {
      layout.secondaries = table
      var inner = layout.inner(table, head: chrome == 1 ? 0 : 1)
      // The rows come first, except for one line of explanation.
      let below = min(explained, max(inner.height > 1 ? 1 : 0, inner.height - rows))
      let rowsShown = min(rows, inner.height - below)
      layout.explanation = Rect(
        left: inner.left, top: inner.top + rowsShown, width: inner.width, height: below)
      inner.height = rowsShown
      layout.secondaryRows = inner
    }
    if replays > 0 {
      layout.replays = Rect(left: 0, top: table.bottom, width: width, height: replays)
    }
    let top = table.bottom + replays
    if hasBoth || focus == .events {
      var events = Rect(left: 0, top: top, width: width, height: max(0, body.bottom - top))
      if isSelecting, width >= Layout.previewWidthMin, events.height >= Layout.previewHeightMin {
        // The list keeps the columns up to the size of an event.
        events.width = max(78, width / 2)
        layout.preview = Rect(
          left: events.right, top: top, width: width - events.width, height: events.height)
      }
      layout.events = events
      layout.eventRows = layout.inner(events, head: 0)
    }
  }

  /// How many lines the explanation of the selected secondary gets: none if all are well, so that
  /// the panels do not move with the selection.
  private var explanationLines: Int {
    let isNeeded = shown?.secondaries.contains { $0.report.severity >= .warning } ?? false
    guard isNeeded else { return 0 }
    return width >= 60 ? 2 : 3
  }

  /// The secondaries with a running replay.
  var replaying: [SecondaryObservation] {
    shown?.secondaries.filter { $0.report.replay != nil } ?? []
  }

  var sortedSecondaries: [SecondaryObservation] { table.sorted(shown?.secondaries ?? []) }

  /// Which row of the table is drawn first.
  func secondaryTop(_ layout: Layout) -> Int {
    let rows = sortedSecondaries
    let selected = rows.firstIndex { $0.name == table.selectedName } ?? 0
    return Scroll(selected: selected, top: table.top)
      .fitted(count: rows.count, height: layout.secondaryRows?.height ?? 0).top
  }
}
