public import EventPersistence

/// The events that a simulated node writes, as a function of a seed, an id and a time.
public struct SimulatedEvents: Sendable {
  /// How an event stands in the log.
  public enum Shape: Sendable, Hashable {
    /// The bare `stateChanged` object: no id, no time.
    case bare
    /// Id and `stateChanged`.
    case untimed
    /// Id, `stateChanged` and time.
    case whole
  }

  private let life: HeadLife

  /// - Parameter payloadBytes: the mean size of an event that is aimed at; it comes out about so, and not
  ///   below some 600.
  public init(seed: UInt64 = 1, payloadBytes: Int = 1000) {
    life = HeadLife(seed: seed, payloadBytes: payloadBytes)
  }

  /// The event with this id, on its own.
  public func event(_ id: UInt64, at time: EventTime) -> StateEvent {
    var writer = PayloadWriter()
    let tag = append(id, at: time, as: .whole, to: &writer)
    return StateEvent(
      position: Position(eventId: id, tag: tag, time: time), json: [UInt8](writer.bytes))
  }

  /// Writes the event's JSON and returns its tag.
  @discardableResult
  func append(
    _ id: UInt64, at time: EventTime, as shape: Shape, checkpoint: Bool = false,
    to writer: inout PayloadWriter
  ) -> String {
    let change = checkpoint ? life.checkpoint(id, at: time) : life.change(id, at: time)
    guard shape != .bare else {
      writer.append(json: change)
      return change.tag
    }
    writer.append("{\"eventId\":")
    writer.append(decimal: id)
    writer.append(",\"stateChanged\":")
    writer.append(json: change)
    if shape == .whole {
      writer.append(",\"time\":")
      writer.append(json: time)
    }
    writer.append(byte: 0x7D)
    return change.tag
  }
}
