internal import EventPersistence

/// Ids in the order found, rising or not, as ranges: how many events, and where, within bounds.
package struct IdRanges: Sendable, Hashable, Encodable {
  package struct Range: Sendable, Hashable, Encodable {
    package var from: UInt64
    package var through: UInt64
    /// Events, not ids: each event that shares an id counts.
    package var events: UInt64
  }

  /// How many ranges are kept; for later ones, only the events and the ends are known.
  package static let rangesMax = 1000

  package private(set) var events: UInt64 = 0
  package private(set) var ranges: [Range] = []
  /// How many ranges are not kept.
  package private(set) var omitted = 0
  /// Of all that were added.
  package private(set) var lowest: UInt64?
  package private(set) var highest: UInt64?
  private var lastOmitted: UInt64?

  package init() {}

  package var isEmpty: Bool { events == 0 }

  /// Adds an event. It joins the last range if its id equals or follows that range's end.
  ///
  /// - Parameter isNeighbour: whether it is the event after the one added last: the log may lack an
  ///   id between the two.
  package mutating func add(_ id: UInt64, isNeighbour: Bool = false) {
    events += 1
    lowest = min(lowest ?? id, id)
    highest = max(highest ?? id, id)
    if let end = ranges.last?.through, omitted == 0,
      id == end || end < id && (id == end + 1 || isNeighbour)
    {
      ranges[ranges.count - 1].through = id
      ranges[ranges.count - 1].events += 1
    } else if ranges.count < Self.rangesMax {
      ranges.append(Range(from: id, through: id, events: 1))
    } else {
      let isNext = lastOmitted.map { id == $0 || id == $0 &+ 1 || isNeighbour && id > $0 } ?? false
      if !isNext { omitted += 1 }
      lastOmitted = id
    }
  }

  /// The kept ranges; if some are not kept, also all ids from the lowest through the highest.
  var spans: [ClosedRange<UInt64>] {
    var spans = ranges.map { $0.from...$0.through }
    if omitted > 0, let lowest, let highest { spans.append(lowest...highest) }
    return spans
  }

  /// Whether one of the kept ranges holds `id`.
  package func contains(_ id: UInt64) -> Bool {
    var low = 0
    var high = ranges.count
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].through < id { low = middle + 1 } else { high = middle }
    }
    return low < ranges.count && ranges[low].from <= id
  }

  private enum CodingKeys: CodingKey { case events, ranges, omitted }
}
