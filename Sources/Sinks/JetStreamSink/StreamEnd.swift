internal import EventPersistence

/// Where the next message of a generation belongs.
struct StreamEnd: Equatable {
  /// The sequence of the stream's last message; 0: it never had one.
  var sequence: UInt64
  /// The events that share the highest id held, in order; empty if none is held.
  var held: [Position] = []
  var revision = 1
  /// Of a later revision: the sequence through which earlier messages count.
  var keptThrough: UInt64?
  /// The id of the head that the last event held belongs to, if subjects name it.
  var head: String?
  /// Whether the stream had messages and has none now: what was held is not known.
  var isUnknown = false
  /// The first event of the generation, if the stream still has its very first message, and that is
  /// of this generation.
  var beginning: Position?

  /// The most events that share an id.
  static let sharingMax = 256

  /// Which of the entries are held: the first ones.
  ///
  /// An event of a lower id is held, or was before the stream's limits dropped it. Of the events that
  /// share the highest id, those are held that the stream has.
  func heldCount(of entries: ArraySlice<EventBatch.Entry>) -> Int {
    guard let last = held.last else { return 0 }
    var count = 0
    for entry in entries {
      let position = entry.position
      if position.eventId > last.eventId { break }
      if position.eventId == last.eventId, !held.contains(where: { $0.agrees(with: position) }) {
        break
      }
      count += 1
    }
    return count
  }

  /// How many events of the same id precede the event in the stream, once it follows the end.
  func ordinal(of position: Position) -> Int {
    held.last?.eventId == position.eventId ? held.count : 0
  }

  /// Notes that the event follows the end.
  mutating func extend(by position: Position) {
    sequence += 1
    // Without an allocation for each event.
    if held.last?.eventId != position.eventId { held.removeAll(keepingCapacity: true) }
    if held.count < Self.sharingMax { held.append(position) }
  }
}

extension StreamEnd {
  /// What the stream has last of `generation`: read from its leader.
  init(
    of options: JetStreamOptions, in state: StreamState, _ connection: JetStreamConnection
  ) throws(SinkError) {
    sequence = state.lastSequence
    guard sequence > 0 else { return }
    guard state.messages > 0,
      let last = try StreamChain.event(atOrBefore: state.lastSequence, state, connection)
    else {
      isUnknown = true
      return
    }
    let newest = last.event
    guard SubjectTemplate.word(newest.node) == SubjectTemplate.word(options.node) else {
      throw SinkError(
        .stop, code: "not ours",
        "The \(options.place) has events of the node \(newest.node); this is \(options.node). A node "
          + "needs a stream of its own: name another \"stream\", or correct \"node\".")
    }
    guard newest.generation <= options.generation else {
      throw SinkError(
        .stop, code: "newer log",
        "The \(options.place) already has generation \(newest.generation) of the node's log; this is "
          + "generation \(options.generation).")
    }
    guard newest.generation == options.generation else { return }
    revision = newest.revision
    keptThrough = newest.keptThrough
    head = newest.head
    held = try Self.sharing(through: last.sequence, newest, state, connection)
    if state.firstSequence == 1, let first = try connection.message(1)?.event,
      first.generation == options.generation
    {
      beginning = first.position
    }
  }

  /// The events through the message at `sequence` that share its id.
  static func sharing(
    through sequence: UInt64, _ last: StoredMessage.Event, _ state: StreamState,
    _ connection: JetStreamConnection
  ) throws(SinkError) -> [Position] {
    var held = [last.position]
    var sequence = sequence
    while held.count < sharingMax, sequence > state.firstSequence,
      let before = try StreamChain.event(atOrBefore: sequence - 1, state, connection),
      before.event.generation == last.generation,
      before.event.position.eventId == last.position.eventId
    {
      held.insert(before.event.position, at: 0)
      sequence = before.sequence
    }
    return held
  }
}
