/// One event of a hydra-node: `eventId`, `stateChanged` (its `tag` names it) and `time`.
///
/// It holds the event's JSON as stored, one object without a line break, and the position read from
/// it. An `EventBatch` carries many events in one buffer.
///
/// ```swift
/// let json = #"{"eventId":20,"stateChanged":{"tag":"TickObserved"}}"#
/// let event = StateEvent(
///   position: Position(eventId: 20, tag: "TickObserved"), json: Array(json.utf8))
/// ```
public struct StateEvent: Sendable, Hashable {
  public var position: Position

  /// The whole JSON object, byte for byte as stored.
  public var json: [UInt8]

  public init(position: Position, json: [UInt8]) {
    self.position = position
    self.json = json
  }

  public var eventId: UInt64 { position.eventId }
  public var tag: String? { position.tag }
  public var time: EventTime? { position.time }
}
