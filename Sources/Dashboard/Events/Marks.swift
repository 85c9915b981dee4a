import EventPersistence

/// The events that the user has marked, and the place from which the user jumped to one.
struct Marks: Sendable, Hashable {
  /// In the order of marking.
  private(set) var positions: [Position] = []
  /// Where the last jump began.
  private(set) var origin: Position?

  /// Beyond this number, the oldest marks are removed.
  static let countMax = 50

  func contains(_ position: Position) -> Bool { positions.contains(position) }

  /// Marks an event, or removes its mark; returns whether it is now marked.
  mutating func toggle(_ position: Position) -> Bool {
    if let index = positions.firstIndex(of: position) {
      positions.remove(at: index)
      return false
    }
    positions.append(position)
    if positions.count > Self.countMax { positions.removeFirst() }
    return true
  }

  /// Notes that the user leaves `place`, for the jump back.
  mutating func leave(_ place: Position?) { origin = place ?? origin }

  /// Where the jump back from `place` goes: to the latest mark, from there to the one before, from the
  /// first to where the jumps began, and around; nil if there is no target.
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
