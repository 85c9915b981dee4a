import EventPersistence
internal import SecondaryStatus
internal import Wording

extension Model {
  /// The lines below the table: what is lost, and the forecasts and their basis.
  var archiveNoteLines: [(String, Severity)] {
    archiveNotes.flatMap { text, severity in
      DisplayWidth.wrap(Visible.text(text), to: max(8, width - 4), lines: 3, ellipsis: "")
        .map { ($0, severity) }
    }
  }

  private var archiveNotes: [(String, Severity)] {
    guard let primary = shown?.primary else { return [] }
    let losses = losses
    var lines: [(String, Severity)] = primary.survey.missing.suffix(3).map { missing in
      let ids = "events \(Quantity.count(missing.from)) to \(Quantity.count(missing.through))"
      return losses.contains(missing)
        ? ("lost: no log of the node has the \(ids) any more", .error)
        : ("no log of the node has the \(ids) any more; every secondary has stored them", .info)
    }
    lines += primary.warnings.map { ($0.message, .warning) }
    lines += primary.forecastGrounds.map { ($0, .info) }
    let losing = losingNames
    if !losing.isEmpty {
      lines.append(
        (
          "the next rotation will delete events that these secondaries have not stored: "
            + losing.joined(separator: ", "),
          .error
        ))
    }
    return lines
  }

  /// The secondaries that the next rotation takes events from.
  var losingNames: [String] {
    (shown?.secondaries ?? []).filter { $0.willLoseEvents == true }.map(\.name)
  }
}

extension Drawing {
  mutating func drawArchives(_ page: ArchivesPage) {
    let rows = model.shown.map(ArchivesPage.rows) ?? []
    let all = rows.reduce(UInt64(0)) { $0 &+ ($1.bytes ?? 0) }
    let right: Spans = rows.isEmpty ? [] : [(Quantity.bytes(all), theme.dim)]
    drawPanel(layout.body, title: [("Archives", theme.accentBold)], right: right)
    let rect = layout.archiveRows
    let margin = layout.hasBorders ? 1 : 0
    let columns = ArchiveColumns(
      room: rect.width - 2 * margin,
      head: model.shown?.primary.survey.head?.eventId, rows: rows)
    drawTitles(columns, rect, margin)
    let scroll = page.scroll.fitted(count: rows.count, height: rect.height)
    for (index, row) in rows.dropFirst(scroll.top).prefix(rect.height).enumerated() {
      draw(row, columns, rect, line: rect.top + index, margin)
      if scroll.top + index == scroll.selected {
        grid.restyle(Rect(left: rect.left, top: rect.top + index, width: rect.width, height: 1)) {
          $0 = theme.selected
        }
      }
    }
    if rows.isEmpty {
      grid.put(
        "there is no log yet", theme.dim, column: rect.left + margin, line: rect.top,
        width: rect.width)
    }
    for (index, note) in model.archiveNoteLines.prefix(layout.archiveNotes).enumerated() {
      grid.put(
        note.0, note.1 == .info ? theme.dim : theme.severity(note.1), column: rect.left + margin,
        line: rect.bottom + index, width: rect.width - 2 * margin, ellipsis: glyphs.ellipsis)
    }
  }

  private mutating func drawTitles(_ columns: ArchiveColumns, _ rect: Rect, _ margin: Int) {
    var pen = Pen(rect.inset(columns: margin, lines: 0), line: rect.top - 1, glyphs: glyphs)
    for column in columns.columns {
      pen.put(
        column.title, theme.dim, width: column.width, rightAligned: column.isNumber, on: &grid)
      pen.skip(columns.gap)
    }
  }

  private mutating func draw(
    _ row: ArchivesPage.Row, _ columns: ArchiveColumns, _ rect: Rect, line: Int, _ margin: Int
  ) {
    var pen = Pen(rect.inset(columns: margin, lines: 0), line: line, glyphs: glyphs)
    func id(_ id: UInt64?) -> String { id.map(Quantity.count) ?? Quantity.unknown }
    for column in columns.columns {
      let (text, style): (String, Style) =
        switch column.kind {
        case .path: (row.path, row.need == nil ? theme.bold : theme.plain)
        case .first: (id(row.first), theme.plain)
        case .last: (id(row.last), theme.plain)
        case .size: (row.bytes.map(Quantity.bytes) ?? Quantity.unknown, theme.plain)
        case .need:
          (
            row.need?.sentence ?? "the node writes it",
            row.need?.mayBeDeleted == true ? theme.severity(.ok) : theme.dim
          )
        }
      pen.put(text, style, width: column.width, rightAligned: column.isNumber, on: &grid)
      pen.skip(columns.gap)
    }
  }
}

/// The columns of the table of archives that fit.
struct ArchiveColumns: Sendable, Hashable {
  enum Kind: Sendable, Hashable { case path, first, last, size, need }

  struct Column: Sendable, Hashable {
    var kind: Kind
    var title: String
    var width: Int
    var isNumber: Bool { kind == .first || kind == .last || kind == .size }
  }

  var columns: [Column]
  let gap = 2

  init(room: Int, head: UInt64?, rows: [ArchivesPage.Row]) {
    let id = max(7, Quantity.count(head ?? 0).count)
    let longest = rows.map { $0.path.count }.max() ?? 0
    let path = min(max(8, longest), room >= 76 ? 30 : 14)
    columns = [Column(kind: .path, title: "ARCHIVE", width: path)]
    var rest = room - path - gap
    let others: [Column] = [
      Column(kind: .last, title: "LAST", width: id), Column(kind: .size, title: "SIZE", width: 7),
      Column(kind: .first, title: "FIRST", width: id),
    ]
    // The most important column.
    let needMin = 12
    var chosen = Set<Kind>()
    for column in others where rest - column.width - gap >= needMin {
      rest -= column.width + gap
      chosen.insert(column.kind)
    }
    for kind in [Kind.first, .last, .size] where chosen.contains(kind) {
      columns.append(others.first { $0.kind == kind }!)
    }
    columns.append(Column(kind: .need, title: "NEEDED BY", width: max(0, rest)))
  }
}
