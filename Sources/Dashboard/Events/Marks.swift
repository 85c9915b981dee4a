import EventPersistence

/// The events that the user has marked, and the place that was left for one of them.
struct Marks: Sendable, Hashable {
  /// In the order in which they were marked.
  private(set) var positions: [Position] = []
  /// Where the last jump began.
  private(set) var origin: Position?

  /// Of more, the oldest go.
  static let countMax = 50

  func contains(_ position: Position) -> Bool { positions.contains(position) }

  /// Marks an event, or takes its mark away; whether it is marked now.
  mutating func toggle(_ position: Position) -> Bool {
    if let index = positions.firstIndex(of: position) {
      positions.remove(at: index)
      return false
    }
    positions.append(position)
    if positions.count > Self.countMax { positions.removeFirst() }
    return true
  }

  /// Notes that `place` is left, to be jumped back to.
  mutating func leave(_ place: Position?) { origin = place ?? origin }

  /// Where the jump back from `place` goes: to the latest mark, from there to the one before, from the
  /// first to where the jumping began, and around; nil where there is nothing to go to.
  mutating func back(from place: Position?) -> Position? {
    var places = positions
    if let origin, !places.contains(origin) { places.insert(origin, at: 0) }
    if let place, let index = places.firstIndex(of: place) {
      return places.count > 1 ? places[(index + places.count - 1) % places.count] : nil
    }
    leave(place)
    return places.last
  }
}
