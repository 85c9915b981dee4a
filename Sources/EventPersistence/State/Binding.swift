/// `STATE/NAME/secondary.json`: what the folder belongs to, written at the first drive.
///
/// A folder that names another log, kind or target is not driven: its checkpoint does not apply to
/// them.
public struct Binding: Sendable, Hashable, Codable {
  public var kind: SinkKind
  public var target: String
  public var persistenceDir: String
  /// The first event that this secondary received.
  @Nullable public var first: Position?
  public var createdAt: EventTime
  /// Its selection at the last drive, in words; a change is journaled.
  @Nullable public var selection: String? = nil
  /// Which log of the node is stored: 1, and one more each time that the log began anew.
  @Bounded public var generation: Int = 1
  /// The generations before it, oldest first: the last 64.
  public var former: [FormerGeneration] = []

  static let formerMax = 64

  public init(
    kind: SinkKind, target: String, persistenceDir: String, first: Position?, createdAt: EventTime,
    selection: String? = nil
  ) {
    self.kind = kind
    self.target = target
    self.persistenceDir = persistenceDir
    self.first = first
    self.createdAt = createdAt
    self.selection = selection
  }

  private enum CodingKeys: String, CodingKey {
    case kind, target, persistenceDir, first, createdAt, selection, generation, former
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    kind = try container.decode(SinkKind.self, forKey: .kind)
    target = try container.decode(String.self, forKey: .target)
    persistenceDir = try container.decode(String.self, forKey: .persistenceDir)
    _first = try container.decode(Nullable<Position>.self, forKey: .first)
    createdAt = try container.decode(EventTime.self, forKey: .createdAt)
    _selection = try container.decode(Nullable<String>.self, forKey: .selection)
    // Folders of earlier versions have neither.
    _generation =
      try container.decodeIfPresent(Bounded<Int>.self, forKey: .generation)
      ?? Bounded(wrappedValue: 1)
    former = try container.decodeIfPresent([FormerGeneration].self, forKey: .former) ?? []
  }

  /// The binding to the node's next log. What was stored stays what it is.
  ///
  /// - Parameter last: the last event that was stored of the generation that ends.
  func beginning(_ generation: Int, after last: Position?, at date: EventTime) -> Binding {
    var next = self
    next.former.append(
      FormerGeneration(generation: self.generation, first: first, last: last, endedAt: date))
    next.former = next.former.suffix(Self.formerMax)
    next.generation = generation
    next.first = nil
    return next
  }
}

/// A log of the node that was stored, and that the node no longer has.
public struct FormerGeneration: Sendable, Hashable, Codable {
  @Bounded public var generation: Int
  /// The first and the last event of it that was stored; null if that is not known.
  @Nullable public var first: Position?
  @Nullable public var last: Position?
  /// When the next generation was begun.
  public var endedAt: EventTime
}
