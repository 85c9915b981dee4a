/// `STATE/NAME/landmarks.json`: positions of the current generation that were stored, so that for
/// every kind of sink the last event can be found on which it and the log still agree.
///
/// At most 64: the first event stored, the last one, and between them ever fewer towards the past,
/// so that from any landmark to the next one is a bounded share of the way to the end (less than
/// half of it, for a log of 2⁶² events).
public struct Landmarks: Sendable, Hashable, Codable {
  public static let countMax = 64

  /// The generation that they belong to; those of another one count for nothing.
  @Bounded public var generation: Int
  /// Rising, by id.
  public private(set) var positions: [Position]

  public init(generation: Int, _ positions: [Position] = []) {
    self.generation = generation
    self.positions = []
    for position in positions { add(position) }
  }

  private enum CodingKeys: String, CodingKey { case generation, positions }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      generation: try container.decode(Bounded<Int>.self, forKey: .generation).wrappedValue,
      try container.decode([Position].self, forKey: .positions).prefix(Self.countMax * 2)
        .sorted { $0.eventId < $1.eventId })
  }

  /// Adds `position`, which is stored now, and drops those that are not before it: they belong to
  /// events that the node lost, or come again.
  public mutating func add(_ position: Position) {
    guard !position.isIdOnly else { return }
    positions.removeAll { $0.eventId >= position.eventId }
    positions.append(position)
    if positions.count > Self.countMax { thin() }
  }

  /// Removes the landmark whose neighbours are closest to each other, as seen from the end.
  private mutating func thin() {
    guard let end = positions.last?.eventId else { return }
    let inner = positions.indices.dropFirst().dropLast()
    let least = inner.min { crowding(at: $0, from: end) > crowding(at: $1, from: end) }
    if let least { positions.remove(at: least) }
  }

  /// How close the neighbours of the landmark at `index` are, seen from `end`.
  private func crowding(at index: Int, from end: UInt64) -> Double {
    let (before, after) = (positions[index - 1].eventId, positions[index + 1].eventId)
    return Double(end - before + 1) / Double(after - before)
  }
}

/// When the landmarks of a driver are written: seldom, since they need not be fresh.
struct LandmarkTrail: Sendable {
  /// How far the file may trail the checkpoint while events are stored.
  static let trailingAtMost = Duration.seconds(5)

  private(set) var landmarks: Landmarks
  private var written: Landmarks?
  private var writtenAt: Duration

  init(_ landmarks: Landmarks, isWritten: Bool, at now: Duration) {
    self.landmarks = landmarks
    written = isWritten ? landmarks : nil
    writtenAt = now
  }

  /// The events of `batch` are stored: its last one becomes a landmark, and some before it, so that
  /// the distance to a landmark is about as large as that to the end.
  mutating func note(_ batch: EventBatch) {
    let entries = batch.entries
    var distance = 1
    var positions: [Position] = []
    while distance < entries.count {
      positions.append(entries[entries.endIndex - 1 - distance].position)
      distance *= 2
    }
    for position in positions.reversed() { landmarks.add(position) }
    note(batch.last)
  }

  /// The checkpoint moved to `position`; with nil, back before the first event.
  mutating func note(_ position: Position?) {
    guard let position else {
      landmarks = Landmarks(generation: landmarks.generation)
      return
    }
    if landmarks.positions.last != position { landmarks.add(position) }
  }

  /// What is to be written now, if anything.
  func due(at now: Duration, force: Bool) -> Landmarks? {
    guard landmarks != written else { return nil }
    return force || written == nil || now - writtenAt >= Self.trailingAtMost ? landmarks : nil
  }

  mutating func wrote(_ landmarks: Landmarks, at now: Duration) {
    written = landmarks
    writtenAt = now
  }
}
