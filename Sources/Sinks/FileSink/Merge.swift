import EventPersistence

/// What becomes of the lines of a stretch of an archive when events of that stretch come again.
///
/// Held lines stay, also those whose id the log no longer has: it may have been damaged. An event that is
/// missing is put where it belongs; a line that is damaged, that stands twice or that goes back is left out,
/// and so is one beside the event of its id, where the log has no twin of that. Where a line and an event are
/// the same one and differ, the event's bytes count, for it comes from the log; but not where they were
/// derived from another form, since the line may be the node's own JSON.
struct Merge {
  enum Piece: Hashable {
    case held(Int)
    case event(Int)
  }

  /// What the stretch should be, as indices of its lines and of the events; cut short where `isSame`.
  private(set) var pieces: [Piece] = []

  /// Whether a held line is missing among the pieces.
  private(set) var dropsHeld = false

  /// Whether the stretch is as it should be.
  private(set) var isSame = true

  private var lastId: UInt64?
  /// Of the last id, what is among the pieces.
  private var sharedIds: [Position] = []

  /// - Parameters:
  ///   - held: the positions of the lines, nil for a damaged one.
  ///   - events: the positions of the events, in log order, all of this stretch.
  ///   - isWhole: whether the events are all that the log has from the first through the last.
  ///   - startsStretch: whether nothing of this stretch stands before the first event in the log.
  ///   - isKept: whether a line stays where an event agrees with it in its position: both have the same
  ///     bytes, or the line's count for more.
  init(
    held: [Position?], events: ArraySlice<Position>, isWhole: Bool = false,
    startsStretch: Bool = false,
    isKept: (Int, Int) -> Bool
  ) {
    guard let first = events.first else {
      pieces = held.indices.map { .held($0) }
      return
    }
    // What stands before the first event is none of its business, damaged or not.
    var h = held.firstIndex { ($0?.eventId ?? 0) >= first.eventId } ?? held.count
    while h > 0, held[h - 1] == nil { h -= 1 }
    pieces = held[..<h].indices.map { .held($0) }
    var e = events.startIndex
    while e < events.endIndex {
      guard h < held.count else {
        add(.event(e), events[e])
        isSame = false
        e += 1
        continue
      }
      let event = events[e]
      guard let line = held[h], !isPast(line) else {
        drop()
        h += 1
        continue
      }
      if line.agrees(with: event) {
        if isKept(h, e) {
          add(.held(h), line)
        } else {
          add(.event(e), event)
          drop()
        }
        h += 1
        e += 1
      } else if line.eventId < event.eventId
        || line.eventId == event.eventId && Self.standsAlone(line, h, e, held, events)
      {
        // A twin of the first event may stand before it in the log.
        let isBorder = !startsStretch && e == events.startIndex && line.eventId == first.eventId
        let hasOwn =
          line.eventId == event.eventId
          || e > events.startIndex && events[e - 1].eventId == line.eventId
        if isWhole, hasOwn, !isBorder { drop() } else { add(.held(h), line) }
        h += 1
      } else {
        add(.event(e), event)
        isSame = false
        e += 1
      }
    }
    while h < held.count, held[h].map(isPast) ?? false {
      drop()
      h += 1
    }
    // Where nothing is to be written, what stands behind the last event is of no interest.
    guard !isSame else { return }
    for h in h..<held.count {
      guard let line = held[h] else {
        pieces.append(.held(h))
        continue
      }
      if isPast(line) { drop() } else { add(.held(h), line) }
    }
  }

  private mutating func add(_ piece: Piece, _ position: Position) {
    pieces.append(piece)
    if lastId != position.eventId { sharedIds = [] }
    lastId = position.eventId
    sharedIds.append(position)
  }

  private mutating func drop() {
    dropsHeld = true
    isSame = false
  }

  /// Whether a line stands among the pieces already, or belongs before them.
  private func isPast(_ position: Position) -> Bool {
    guard let lastId else { return false }
    if position.eventId != lastId { return position.eventId < lastId }
    return sharedIds.contains { $0.agrees(with: position) }
  }

  /// Whether the line at `h`, a twin of the event at `e`, comes before it: the event's own line follows, or
  /// no event that is still to come is the line's.
  private static func standsAlone(
    _ line: Position, _ h: Int, _ e: Int, _ held: [Position?], _ events: ArraySlice<Position>
  ) -> Bool {
    let event = events[e]
    let ownFollows = held[(h + 1)...].prefix { $0?.eventId == line.eventId }
      .contains { $0?.agrees(with: event) ?? false }
    let comesLater = events[(e + 1)...].prefix { $0.eventId == line.eventId }
      .contains { $0.agrees(with: line) }
    return ownFollows || !comesLater
  }
}
