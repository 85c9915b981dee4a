/// `STATE/NAME/checkpoint.json`: the position of the last event that a secondary has stored
/// durably.
///
/// Only `eventId` is required in the file, so that a sink in any language can publish its own.
/// `"eventId":null` means: before the first event.
///
/// ```swift
/// let checkpoint = try state.folder("printer").readCheckpoint()
/// print(checkpoint?.eventId.map { "stored through \($0)" } ?? "nothing is stored yet")
/// ```
public struct Checkpoint: Sendable, Hashable, Codable {
  @Nullable public var eventId: UInt64?
  @Nullable public var tag: String?
  @Nullable public var time: EventTime?
  /// When it was written.
  @Nullable public var at: EventTime?
  /// The highest id ever stored. A checkpoint below it went back, by a rewind or otherwise.
  @Nullable public var highest: UInt64?

  public init(position: Position?, at: EventTime?, highest: UInt64?) {
    eventId = position?.eventId
    tag = position?.tag
    time = position?.time
    self.at = at
    self.highest = highest
  }

  /// Nil: before the first event.
  public var position: Position? { eventId.map { Position(eventId: $0, tag: tag, time: time) } }

  private enum CodingKeys: String, CodingKey { case eventId, tag, time, at, highest }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    guard container.contains(.eventId) else {
      throw DecodingError.keyNotFound(
        CodingKeys.eventId,
        .init(codingPath: container.codingPath, debugDescription: "a checkpoint needs an eventId"))
    }
    _eventId = try container.decode(Nullable<UInt64>.self, forKey: .eventId)
    _tag = try container.decode(Nullable<String>.self, forKey: .tag)
    _time = try container.decode(Nullable<EventTime>.self, forKey: .time)
    _at = try container.decode(Nullable<EventTime>.self, forKey: .at)
    _highest = try container.decode(Nullable<UInt64>.self, forKey: .highest)
  }
}
