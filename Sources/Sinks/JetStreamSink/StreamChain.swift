internal import EventPersistence

/// The messages of a stream that count for one generation, in order.
///
/// Generations follow one another in a stream, and so do the revisions of one. Both are found from
/// the stream's end by bisection: a few dozen requests, whatever the stream's length.
struct StreamChain: Equatable {
  /// Runs of sequences, in order. Messages between them were superseded.
  var runs: [ClosedRange<UInt64>]
  /// The generations that the stream holds, rising.
  var generations: [Int]

  /// The most revisions that are followed to the start of a generation.
  static let runsMax = 1000

  init(
    of generation: Int, in state: StreamState, _ connection: JetStreamConnection
  ) throws(SinkError) {
    runs = []
    generations = []
    guard state.messages > 0,
      let last = try Self.event(atOrBefore: state.lastSequence, state, connection)
    else { return }
    var end = last.sequence
    var event = last.event
    for _ in 0..<Self.runsMax {
      let own = (event.generation, event.revision)
      var start = try Self.first(through: end, state, connection) {
        ($0.generation, $0.revision) >= own
      }
      if own.0 == generation { runs.insert(start...end, at: 0) }
      if generations.first != own.0 { generations.insert(own.0, at: 0) }
      var next = start - 1
      if let kept = event.keptThrough {
        // A revision says how much of its generation counts before it; none means: the generation
        // before is next.
        if kept >= state.firstSequence {
          next = min(kept, next)
        } else {
          start = try Self.first(through: start, state, connection) { $0.generation >= own.0 }
          next = start - 1
        }
      }
      guard next >= state.firstSequence, next > 0,
        let before = try Self.event(atOrBefore: next, state, connection)
      else { break }
      (end, event) = (before.sequence, before.event)
    }
  }

  var last: UInt64? { runs.last?.upperBound }

  /// Sequences that count, counted from the first.
  var count: UInt64 { runs.reduce(0) { $0 + UInt64($1.count) } }

  /// The sequence of the message at `index` of those that count.
  func sequence(at index: UInt64) -> UInt64? {
    var index = index
    for run in runs {
      let count = UInt64(run.count)
      if index < count { return run.lowerBound + index }
      index -= count
    }
    return nil
  }

  /// The last event that counts and has an id below `id`.
  func last(
    below id: UInt64, _ state: StreamState, _ connection: JetStreamConnection
  ) throws(SinkError) -> (sequence: UInt64, event: StoredMessage.Event)? {
    let index = try firstIndex(state, connection) { $0.position.eventId >= id }
    guard index > 0, let sequence = sequence(at: index - 1) else { return nil }
    return try Self.event(atOrBefore: sequence, state, connection)
  }

  /// The index of the first event that satisfies `isAfter`, as all behind it do; else their count.
  func firstIndex(
    _ state: StreamState, _ connection: JetStreamConnection,
    where isAfter: (StoredMessage.Event) -> Bool
  ) throws(SinkError) -> UInt64 {
    var low: UInt64 = 0
    var high = count
    while low < high {
      let middle = low + (high - low) / 2
      guard let sequence = sequence(at: middle),
        let found = try Self.event(atOrBefore: sequence, state, connection), !isAfter(found.event)
      else {
        high = middle
        continue
      }
      low = middle + 1
    }
    return low
  }

  // MARK: - Looking for messages

  /// The most sequences without a message that are passed in a row.
  private static let missingMax: UInt64 = 10_000

  /// The event of the last message through `sequence`; nil if the stream has none.
  ///
  /// - Throws: `not ours` if it is no event's.
  static func event(
    atOrBefore sequence: UInt64, _ state: StreamState, _ connection: JetStreamConnection
  ) throws(SinkError) -> (sequence: UInt64, event: StoredMessage.Event)? {
    var sequence = sequence
    let end = max(state.firstSequence, sequence > missingMax ? sequence - missingMax : 1)
    while sequence >= end, sequence > 0 {
      if let message = try connection.message(sequence) {
        guard let event = message.event else { throw notOurs(message, connection.options) }
        return (sequence, event)
      }
      sequence -= 1
    }
    return nil
  }

  /// The first sequence through `end` whose event satisfies `isAfter`, as all behind it do.
  private static func first(
    through end: UInt64, _ state: StreamState, _ connection: JetStreamConnection,
    where isAfter: (StoredMessage.Event) -> Bool
  ) throws(SinkError) -> UInt64 {
    var low = max(1, state.firstSequence)
    var high = end
    while low < high {
      let middle = low + (high - low) / 2
      if let found = try event(atOrBefore: middle, state, connection), !isAfter(found.event) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return high
  }

  static func notOurs(_ message: StoredMessage, _ options: JetStreamOptions) -> SinkError {
    SinkError(
      .stop, code: "not ours",
      "The message \(message.sequence) of \(options.place) (subject \(message.subject)) is no event "
        + "of hydra-sinks. A secondary needs a stream of its own: name another \"stream\", or keep "
        + "other programs from publishing into this one.")
  }
}
