import EventPersistence

/// The torn stretches that a reader passes, and the events between which they are.
struct TornTrail {
  /// Where it begins and ends: offsets of a file, ids of a database's rows.
  private struct Stretch {
    var item: LogListing.Item
    var from: UInt64
    var through: UInt64
    /// Whether no event of its file precedes it: then it may be a rotation's `Checkpoint`, which
    /// shares its id with the event before.
    var beginsFile: Bool

    var place: String {
      let isOne = from == through
      return item.name.isDatabase
        ? "\(item.path) has no event in the row\(isOne ? " \(from)" : "s \(from) to \(through)")"
        : "\(item.path) has no event in its bytes \(from) to \(through)"
    }
  }

  /// Since the last `take`, those that events follow.
  private var stretches: [TornStretch] = []
  /// What was met since the last event.
  private var open: Stretch?
  /// The rest of a file, without a line feed.
  private var unfinished: Stretch?
  /// The id of the last event.
  private var last: UInt64?

  /// The most that are kept for one `take`; the last of them then covers the rest.
  static let stretchesMax = 1000

  /// A trail that begins at `start`.
  init(_ start: Start) {
    switch start {
    case .id(let id): last = id > 0 ? id - 1 : nil
    case .after(let position): last = position.eventId
    case .first, .time, .last, .head: break
    }
  }

  /// Notes a read of `item` from `cursor` on.
  mutating func note(_ read: SegmentRead, from cursor: SegmentCursor, _ item: LogListing.Item) {
    if let rest = unfinished, rest.item.stamp.identity != item.stamp.identity { add(rest) }
    unfinished = nil
    last = cursor.previous?.eventId ?? last
    let entries = read.batch?.entries ?? []
    var passed = 0
    for (line, place) in zip(read.torn, read.tornPlaces) {
      pass(entries.dropFirst(passed).prefix(max(0, place - passed)))
      passed = max(passed, place)
      let isAtStart = cursor.place == 0 && cursor.previous == nil
      let end = item.name.isDatabase ? line.offset : line.offset + max(1, line.length) - 1
      add(
        Stretch(
          item: item, from: line.offset, through: end, beginsFile: isAtStart && passed == 0))
    }
    pass(entries.dropFirst(passed))
    if read.batch == nil, !item.name.isDatabase, read.cursor.searched > read.cursor.place {
      unfinished = Stretch(
        item: item, from: read.cursor.place, through: read.cursor.searched - 1,
        beginsFile: read.cursor.place == 0)
    }
  }

  private mutating func add(_ stretch: Stretch) {
    guard let before = open else {
      open = stretch
      return
    }
    // Of several in different files, the place of the first one is shown.
    if before.item.path == stretch.item.path { open?.through = stretch.through }
    open?.beginsFile = before.beginsFile || stretch.beginsFile
  }

  private mutating func pass(_ entries: ArraySlice<EventBatch.Entry>) {
    guard let first = entries.first?.position.eventId, let end = entries.last else { return }
    if let open {
      let areMissing = first > (last.map { $0 + 1 } ?? 0)
      if areMissing || open.beginsFile && last != nil {
        keep(TornStretch(after: last, before: first, place: open.place))
      }
    }
    open = nil
    last = end.position.eventId
  }

  private mutating func keep(_ stretch: TornStretch) {
    if stretches.count < Self.stretchesMax {
      stretches.append(stretch)
    } else {
      stretches[stretches.count - 1].before = stretch.before
    }
  }

  /// What was passed since the last call; at the log's head, also what follows the last event.
  mutating func take(isAtHead: Bool) -> [TornStretch] {
    defer { stretches = [] }
    guard isAtHead, let rest = open ?? unfinished else { return stretches }
    return stretches + [TornStretch(after: last, before: nil, place: rest.place)]
  }
}
