/// The name of an event in a log. An id alone does not name one, since two events can have the same
/// id (*twins*).
///
/// Hydra's rotation gives the `Checkpoint` event the id of the event before it. Both are real,
/// differ in content, and are delivered in log order. So the tag and the time belong to the name if
/// they are known: a log of an old release has no times, and a foreign sink may publish the id
/// only.
public struct Position: Sendable, Hashable, Codable {
  /// The highest id that an event can have; a node counts from 0, one by one.
  ///
  /// Wherever an id comes from outside (a log, a file, a program, a user), a higher one is refused.
  /// So one more than an id, and the sum of two, are always representable, as an `Int64` too.
  public static let idMax: UInt64 = 1 << 62

  public var eventId: UInt64
  public var tag: String?
  public var time: EventTime?

  public init(eventId: UInt64, tag: String? = nil, time: EventTime? = nil) {
    self.eventId = eventId
    self.tag = tag
    self.time = time
  }

  /// Whether both can name the same event: equal ids, and equal tags and times if both know them.
  public func agrees(with other: Position) -> Bool {
    guard eventId == other.eventId else { return false }
    if let tag, let otherTag = other.tag, tag != otherTag { return false }
    if let time, let otherTime = other.time, time != otherTime { return false }
    return true
  }

  /// Whether it is an id and nothing else. Of twins, such a position counts as the last for the lag
  /// and as the first for driving, so that a drive never delivers less than may be missing.
  public var isIdOnly: Bool { tag == nil && time == nil }
}

extension Position {
  private enum CodingKeys: String, CodingKey { case eventId, tag, time }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      eventId: try container.decode(Bounded<UInt64>.self, forKey: .eventId).wrappedValue,
      tag: try container.decodeIfPresent(String.self, forKey: .tag),
      time: try container.decodeIfPresent(EventTime.self, forKey: .time))
  }

  /// The id that `text` is in decimal digits; nil if it is none.
  package static func id(_ text: some StringProtocol) -> UInt64? {
    UInt64(text).flatMap { $0 <= idMax ? $0 : nil }
  }
}

extension Position: CustomStringConvertible {
  public var description: String { tag.map { "\(eventId) \($0)" } ?? "\(eventId)" }
}
