internal import Algorithms
internal import EventPersistence

/// Merges a stretch of an archive's lines with the incoming events of that stretch.
///
/// * The event's own bytes count, because they come from the log. But if they were made from
///   another form, a held line of the same event stays if it is JSON, since it may be the node's
///   own.
/// * A held line stays if no event with its id comes: the log may have lost it. If events with its
///   id come and it is another event, it stays only if the log may lack events of that id.
/// * All other held lines are left out: damaged lines, copies, and lines that the log never had.
///
/// Ids rise, and events that share an id are in log order. A held line that stays keeps its place
/// after the line of the same id that it followed.
struct LineMerge {
  private(set) var lines: [ArchiveLine] = []
  /// The events whose own bytes are stored and were not held.
  private(set) var taken: [EventBatch.Entry] = []

  private let events: IncomingEvents

  init(_ events: IncomingEvents, over held: ArraySlice<ArchiveLine>) {
    self.events = events
    if events.lines.elementsEqual(held) {
      lines = Array(held)
      return
    }
    let heldById = Dictionary(grouping: held.filter { $0.position != nil }) {
      $0.position!.eventId
    }
    var heldIds = heldById.keys.sorted()[...]
    for chunk in events.lines.indices.chunked(on: { events.lines[$0].position!.eventId }) {
      while let id = heldIds.first, id <= chunk.0 {
        heldIds.removeFirst()
        if id < chunk.0 { add(0..<0, heldById[id]!) }
      }
      add(chunk.1, heldById[chunk.0] ?? [])
    }
    for id in heldIds { add(0..<0, heldById[id]!) }
  }

  /// Adds the lines of one id.
  ///
  /// - Parameters:
  ///   - own: the indices of the incoming events with this id.
  ///   - held: the held lines with this id.
  private mutating func add(_ own: Range<Int>, _ held: [ArchiveLine]) {
    // For each event, the held line that stays in its place.
    var copies = [ArchiveLine?](repeating: nil, count: own.count)
    var isMet = [Bool](repeating: false, count: own.count)
    // The other lines that stay, by how many of the events precede them.
    var others = [[ArchiveLine]](repeating: [], count: own.count + 1)
    var known: [Position] = []
    var place = 0
    for line in held {
      let position = line.position!
      let matches = own.indices.filter { events.lines[$0].position!.agrees(with: position) }
      if let match = matches.first(where: { !isMet[$0 - own.lowerBound] }) ?? matches.first {
        let index = match - own.lowerBound
        isMet[index] = true
        place = max(place, index + 1)
        let isKept =
          line == events.lines[match] || events.entry(at: match).isDerived && line.isJSON
        if copies[index] == nil, isKept { copies[index] = line }
      } else if own.isEmpty || events.mayLackEvents(of: position.eventId),
        !known.contains(position), line.isJSON
      {
        known.append(position)
        others[place].append(line)
      }
    }
    lines += others[0]
    for index in 0..<own.count {
      if copies[index] == nil { taken.append(events.entry(at: own.lowerBound + index)) }
      lines.append(copies[index] ?? events.lines[own.lowerBound + index])
      lines += others[index + 1]
    }
  }
}
