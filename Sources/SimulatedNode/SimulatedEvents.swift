import EventPersistence

/// The events that a simulated node writes, as a function of a seed, an id and a time.
struct SimulatedEvents: Sendable {
  /// The form of an event in the log.
  enum Shape: Sendable, Hashable {
    /// The bare `stateChanged` object: no id, no time.
    case bare
    /// Id and `stateChanged`.
    case untimed
    /// Id, `stateChanged` and time.
    case whole
    /// The whole event in CBOR.
    case cbor
  }

  private let life: HeadLife

  /// - Parameter payloadBytes: the intended mean size of an event. The actual mean is close to it,
  ///   and about 600 at the least.
  init(seed: UInt64 = 1, payloadBytes: Int = 1000) {
    life = HeadLife(seed: seed, payloadBytes: payloadBytes)
  }

  /// The event with this id, on its own.
  func event(_ id: UInt64, at time: EventTime) -> StateEvent {
    var writer = PayloadWriter()
    let tag = append(Record(id: id, time: time), as: .whole, to: &writer)
    return StateEvent(
      position: Position(eventId: id, tag: tag, time: time), json: [UInt8](writer.bytes))
  }

  /// The inputs that determine an event.
  struct Record: Sendable, Hashable {
    var id: UInt64
    var time: EventTime
    /// Whether it is the `Checkpoint` of a rotation.
    var isCheckpoint = false
    /// How often ids this high were used before.
    var salt: UInt64 = 0
  }

  /// Writes the event and returns its tag.
  @discardableResult
  func append(_ record: Record, as shape: Shape, to writer: inout PayloadWriter) -> String {
    var life = life
    life.salt = record.salt
    let change =
      record.isCheckpoint
      ? life.checkpoint(record.id, at: record.time) : life.change(record.id, at: record.time)
    switch shape {
    case .cbor: writer.append(cborOf: change, record.id, at: record.time)
    case .bare: writer.append(json: change)
    case .untimed, .whole:
      writer.append("{\"eventId\":")
      writer.append(decimal: record.id)
      writer.append(",\"stateChanged\":")
      writer.append(json: change)
      if shape == .whole {
        writer.append(",\"time\":")
        writer.append(json: record.time)
      }
      writer.append(byte: 0x7D)
    }
    return change.tag
  }

  /// The next id in a log with gaps, which skips some ids now and then.
  func idWithGaps(after id: UInt64) -> UInt64 {
    let chance = Noise.of(life.seed, 11, id)
    return id + 1 + (chance % 40 == 0 ? 1 + chance / 40 % 3 : 0)
  }
}
