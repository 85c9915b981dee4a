internal import EventPersistence

/// What is known of one connected consumer.
struct Consumer: Sendable {
  typealias ID = UInt64

  /// Where its stream begins.
  enum Beginning: Sendable, Hashable {
    /// At the log's first event.
    case first
    /// At the first event of this id or a higher one.
    case id(UInt64)
    /// Behind this event: the head when it came.
    case after(Position)
  }

  /// A ping on its way, and what had been sent before it.
  struct Ping: Sendable {
    var number: UInt64
    var mark: StreamMark?
  }

  /// Pings that may be unanswered and told apart. Beyond it only every second, fourth, … and the last one
  /// are: a pong answers for all pings before it, so that only the grain becomes coarser.
  static let pingsMax = 64

  var id: ID
  /// As it calls itself with `?name=`.
  var name: String?
  var address: String
  /// Nil until the head was looked up that it begins after.
  var beginning: Beginning?
  /// Events of the head's id that it was given although it begins after the head: those that came later.
  private var firstOrdinals: [Position] = []
  private(set) var sent: StreamMark?
  private(set) var acknowledged: StreamMark?
  private(set) var pings: [Ping] = []
  private(set) var pingCount: UInt64 = 0
  /// Of which numbers the pings are kept, beside the last one: its multiples.
  private var stride: UInt64 = 1
  private(set) var unsentBytes = 0
  /// The most bytes that it ever left unsent.
  private(set) var unsentBytesHighest = 0
  var lastPongAt: Duration?
  /// When it last took bytes or answered, or came.
  private(set) var lastSignAt: Duration
  /// It was asked to go.
  var isLeaving = false
  /// Why it gets nothing at the moment: the log cannot be read.
  var trouble: String?

  init(id: ID, name: String?, address: String, at now: Duration) {
    self.id = id
    self.name = name
    self.address = address
    lastSignAt = now
  }

  /// What a person calls it.
  var title: String { name ?? address }

  /// Whether `position` is part of its stream; the events before it may not be.
  func covers(_ position: Position) -> Bool {
    switch beginning {
    case nil: false
    case .first: true
    case .id(let id): position.eventId >= id
    case .after(let head):
      position.eventId > head.eventId
        || (position.eventId == head.eventId
          && firstOrdinals.contains { $0.agrees(with: position) })
    }
  }

  /// Whether its stream held the event after `position` (with nil, the log's first) and has had it.
  func isPast(_ position: Position?) -> Bool {
    guard let sent else { return false }
    let held =
      switch beginning {
      case nil: false
      case .first: true
      case .id(let id): position.map { id <= $0.eventId &+ 1 } ?? true
      case .after(let head): position.map { head.eventId <= $0.eventId } ?? false
      }
    guard held, let position else { return held }
    return sent.last.eventId > position.eventId
      || (sent.last != position && sent.hasReached(position))
  }

  // MARK: - What happens to it

  /// `batch` is on its way.
  mutating func sends(_ batch: EventBatch) {
    if case .after(let head) = beginning, batch.first.eventId == head.eventId {
      firstOrdinals += batch.entries.map(\.position).prefix { $0.eventId == head.eventId }
    }
    if sent == nil { sent = StreamMark(batch.first) }
    sent!.advance(over: batch)
  }

  /// The number for a ping that goes out now.
  mutating func ping(at now: Duration) -> UInt64 {
    if pings.isEmpty, unsentBytes == 0 { lastSignAt = now }
    pingCount += 1
    if let last = pings.last, last.number % stride != 0 { pings.removeLast() }
    if pings.count >= Self.pingsMax {
      stride *= 2
      pings.removeAll { $0.number % stride != 0 }
    }
    pings.append(Ping(number: pingCount, mark: sent))
    return pingCount
  }

  /// A pong that gives `number` back; one that was never sent, or is forgotten, says only that it lives.
  mutating func pong(_ number: UInt64, at now: Duration) {
    guard number <= pingCount else { return }
    lastPongAt = now
    lastSignAt = now
    while let first = pings.first, first.number <= number {
      if let mark = first.mark { acknowledged = mark }
      pings.removeFirst()
    }
    if pings.count <= Self.pingsMax / 4 { stride = 1 }
  }

  mutating func queued(_ byteCount: Int, at now: Duration) {
    if pings.isEmpty, unsentBytes == 0 { lastSignAt = now }
    unsentBytes += byteCount
    unsentBytesHighest = max(unsentBytesHighest, unsentBytes)
  }

  mutating func took(_ byteCount: Int, at now: Duration) {
    unsentBytes -= byteCount
    lastSignAt = now
  }

  /// For how long it owes an answer without a sign of life; nil where it owes none.
  func silence(at now: Duration) -> Duration? {
    pings.isEmpty && unsentBytes == 0 ? nil : now - lastSignAt
  }
}
