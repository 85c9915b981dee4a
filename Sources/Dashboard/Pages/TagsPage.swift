import EventPersistence
internal import SecondaryStatus
internal import Wording

/// What fills the log: its tags, the largest first, and what could be done.
struct TagsPage: Sendable {
  var scroll = TextScroll()
  /// When the count began, and what share was counted then: it goes on where one was left.
  var beganAt: EventTime?
  var beganWith: Double?

  func secondsLeft(_ share: Double?, at now: EventTime?) -> Double? {
    TimeLeft.seconds(share, beyond: beganWith, since: beganAt, at: now)
  }
}

extension Model {
  mutating func openTags() -> [Command] {
    page = .tags(TagsPage(beganAt: now))
    tags?.isOver = false
    return [.countTags]
  }

  mutating func take(_ count: TagCount) {
    tags = count
    if page.tags?.beganWith == nil { page.tags?.beganWith = count.share }
  }

  var tagLines: [Spans] { page.tags == nil ? [] : Drawing(self).tagLines() }
}

extension Drawing {
  mutating func drawTags(_ page: TagsPage) {
    drawPanel(
      layout.body, title: [("What fills the log", theme.accentBold)], right: tagsRight(page))
    drawText(tagLines(), scroll: page.scroll)
  }

  private func tagsRight(_ page: TagsPage) -> Spans {
    guard let count = model.tags else { return [] }
    let size = Quantity.bytes(count.statistics.bytes)
    if count.isOver { return [(size, theme.dim)] }
    let share = count.share.map { "\(Int($0 * 100)) %" } ?? "counting"
    let left = page.secondsLeft(count.share, at: model.now).map {
      " · \(Quantity.shortDuration($0)) left"
    }
    return [(share + (left ?? ""), theme.accent), (" · \(size)", theme.dim)]
  }

  /// The table, then what could be done, wrapped.
  func tagLines() -> [Spans] {
    let room = layout.inner(layout.body, head: 0).width - (layout.hasBorders ? 2 : 0)
    guard let count = model.tags, count.statistics.events > 0 else {
      let found = model.tags?.unread ?? "no events"
      let text = model.tags?.isOver == true ? found : "counting the log…"
      return DisplayWidth.wrap(Visible.text(text), to: room, lines: 6, ellipsis: glyphs.ellipsis)
        .map { [($0, theme.dim)] }
    }
    let statistics = count.statistics
    let columns = TagColumns(room: room, statistics)
    var lines = [columns.titles.map { ($0, theme.dim) }]
    lines += statistics.tags.map { tag in
      columns.cells(tag, block: glyphs.barFull).enumerated().map {
        ($1, $0 == 0 ? theme.bold : theme.plain)
      }
    }
    func note(_ text: String, _ style: Style) {
      lines.append([])
      lines += DisplayWidth.wrap(text, to: room, lines: 6, ellipsis: glyphs.ellipsis)
        .map { [($0, style)] }
    }
    if let last = statistics.lastEventId, let first = statistics.firstEventId {
      note(
        "\(Quantity.count(statistics.events, "event")), \(Quantity.count(first)) to "
          + Quantity.count(last), theme.dim)
    }
    if let unread = count.unread { note(Visible.text(unread), theme.severity(.warning)) }
    for sentence in statistics.advice { note(sentence, theme.plain) }
    return lines
  }
}

/// The columns of the table of tags that fit: the share and the bytes first, the bar last.
struct TagColumns {
  private enum Kind: CaseIterable { case share, bytes, events, largest, largestId, bar }

  private let kinds: [Kind]
  private let tagWidth: Int
  private let idWidth: Int
  private static let gap = 2

  init(room: Int, _ statistics: EventStatistics) {
    let longest = statistics.tags.map { DisplayWidth.of(Visible.text($0.tag ?? "-")) }.max() ?? 0
    idWidth = max(
      6, Quantity.count(max(statistics.lastEventId ?? 0, statistics.events)).count)
    // As much as identifies a tag.
    var left = room - min(max(3, longest), 18)
    var chosen: Set<Kind> = []
    for kind in Kind.allCases {
      let width = Self.width(kind, id: idWidth) + Self.gap
      guard width <= left else { break }
      left -= width
      chosen.insert(kind)
    }
    tagWidth = min(max(3, longest), 18) + min(left, max(0, longest - 18))
    kinds = [.events, .bytes, .share, .bar, .largest, .largestId].filter(chosen.contains)
  }

  private static func width(_ kind: Kind, id: Int) -> Int {
    switch kind {
    case .share, .bytes, .largest: 7
    case .events, .largestId: id
    case .bar: 10
    }
  }

  var titles: [String] {
    ["TAG".filled(to: tagWidth)]
      + kinds.map { kind in
        let title =
          switch kind {
          case .share: "SHARE"
          case .bytes: "BYTES"
          case .events: "EVENTS"
          case .largest: "LARGEST"
          case .largestId: "ITS ID"
          case .bar: ""
          }
        return padded(title, kind)
      }
  }

  func cells(_ tag: EventStatistics.Tag, block: String) -> [String] {
    let name = DisplayWidth.cut(Visible.text(tag.tag ?? "-"), to: tagWidth, ellipsis: "…")
    let blanks = max(0, tagWidth - DisplayWidth.of(name))
    return [name + String(repeating: " ", count: blanks)]
      + kinds.map { kind in
        let text =
          switch kind {
          case .share: tag.percent
          case .bytes: Quantity.bytes(tag.bytes)
          case .events: Quantity.count(tag.count)
          case .largest: Quantity.bytes(tag.largestBytes)
          case .largestId: Quantity.count(tag.largestEventId)
          case .bar: tag.bar(of: 10, block)
          }
        return padded(text, kind)
      }
  }

  private func padded(_ text: String, _ kind: Kind) -> String {
    let width = Self.width(kind, id: idWidth)
    let blanks = String(repeating: " ", count: Self.gap)
    return blanks + (kind == .bar ? text.filled(to: width) : text.padded(to: width))
  }
}
