internal import EventPersistence

/// The record of one connected consumer.
struct Consumer: Sendable {
  typealias ID = UInt64

  /// Where its stream begins.
  enum Beginning: Sendable, Hashable {
    /// At the log's first event.
    case first
    /// At the first event of this id or a higher one.
    case id(UInt64)
    /// At this event.
    case at(Position)
    /// After this event: the head when the consumer connected.
    case after(Position)
  }

  /// An unanswered ping, and what was sent before it.
  struct Ping: Sendable {
    var number: UInt64
    var mark: StreamMark?
  }

  /// The most unanswered pings that are recorded. Beyond it, only every second, fourth, … and the
  /// last one are kept: a pong answers all pings before it, so only the granularity becomes
  /// coarser.
  static let pingsMax = 64

  var id: ID
  /// The name that it gave with `?name=`.
  var name: String?
  var address: String
  /// Nil until it is known: the head after which it begins, or the first event of the time that it
  /// asked for.
  var beginning: Beginning?
  /// It only observes: nothing waits for its answers.
  var isObserver = false
  /// Events that it received with the id of the head after which it begins (those written later), or
  /// of the event at which it begins.
  private var firstOrdinals: [Position] = []
  private(set) var sent: StreamMark?
  private(set) var acknowledged: StreamMark?
  private(set) var pings: [Ping] = []
  private(set) var pingCount: UInt64 = 0
  /// Besides the last ping, those whose number is a multiple of this are kept.
  private var stride: UInt64 = 1
  /// Messages above `MessageFrames.fragmentBytesMax` that it has not answered for: their bytes, and
  /// the ping after them. The last few count.
  private var largeMessages: [(ping: UInt64, bytes: Int)] = []
  private static let largeMessagesMax = 8
  private(set) var unsentBytes = 0
  /// The most unsent bytes it ever had.
  private(set) var unsentBytesHighest = 0
  var lastPongAt: Duration?
  /// When it last took bytes, answered, or connected.
  private(set) var lastSignAt: Duration
  /// It was asked to reconnect.
  var isLeaving = false
  /// Why it gets nothing now: the log cannot be read.
  var trouble: String?

  init(id: ID, name: String?, address: String, at now: Duration) {
    self.id = id
    self.name = name
    self.address = address
    lastSignAt = now
  }

  /// Its name for people.
  var title: String { name ?? address }

  /// Its name, and which connection it is.
  var fullTitle: String { name.map { "\($0) (\(address))" } ?? address }

  /// What its next connection has in common with this one: its name, else its address without the
  /// port.
  var origin: String {
    name ?? address.lastIndex(of: ":").map { String(address[..<$0]) } ?? address
  }

  /// Whether `position` is in its stream, and its answers count; earlier events may not be.
  func covers(_ position: Position) -> Bool {
    guard !isObserver else { return false }
    return switch beginning {
    case nil: false
    case .first: true
    case .id(let id): position.eventId >= id
    case .after(let edge), .at(let edge):
      position.eventId > edge.eventId
        || (position.eventId == edge.eventId
          && firstOrdinals.contains { $0.agrees(with: position) })
    }
  }

  /// Whether the event after `position` (with nil, the log's first) is in its stream.
  func hasNext(after position: Position?) -> Bool {
    guard !isObserver else { return false }
    return switch beginning {
    case nil: false
    case .first: true
    case .id(let id): position.map { id <= $0.eventId &+ 1 } ?? true
    case .at(let first): position.map { first.eventId <= $0.eventId &+ 1 } ?? true
    case .after(let head): position.map { head.eventId <= $0.eventId } ?? false
    }
  }

  /// Whether its stream has already sent the event after `position` (with nil, the log's first).
  func isPast(_ position: Position?) -> Bool {
    guard let sent, hasNext(after: position) else { return false }
    guard let position else { return true }
    return sent.last.eventId > position.eventId
      || (sent.last != position && sent.hasReached(position))
  }

  // MARK: - Changes

  /// `batch` was sent; the next ping follows it.
  ///
  /// - Parameter largest: the bytes of its largest message.
  mutating func sends(_ batch: EventBatch, largest: Int = 0) {
    if largest > MessageFrames.fragmentBytesMax {
      if largeMessages.count == Self.largeMessagesMax { largeMessages.removeFirst() }
      largeMessages.append((pingCount + 1, largest))
    }
    if beginning == nil { beginning = .at(batch.first) }
    switch beginning {
    case .after(let edge), .at(let edge):
      guard batch.first.eventId == edge.eventId else { break }
      firstOrdinals += batch.entries.map(\.position).prefix { $0.eventId == edge.eventId }
    case .first, .id, nil: break
    }
    if sent == nil { sent = StreamMark(batch.first) }
    sent!.advance(over: batch)
  }

  /// The number of the next ping.
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

  /// Whether it has answered for events.
  var hasAnswered: Bool { acknowledged != nil }

  /// The bytes of the largest message above 1 MiB that it has not answered for; nil: there is none.
  var largestUnanswered: Int? { largeMessages.map(\.bytes).max() }

  /// A pong with `number`. If that ping was never sent or is no longer kept, it only shows that the
  /// consumer is alive.
  ///
  /// - Returns: the bytes of the largest message above 1 MiB that it answers for.
  @discardableResult
  mutating func pong(_ number: UInt64, at now: Duration) -> Int? {
    guard number <= pingCount else { return nil }
    let answered = largeMessages.filter { $0.ping <= number }.map(\.bytes).max()
    largeMessages.removeAll { $0.ping <= number }
    lastPongAt = now
    lastSignAt = now
    while let first = pings.first, first.number <= number {
      if let mark = first.mark { acknowledged = mark }
      pings.removeFirst()
    }
    if pings.count <= Self.pingsMax / 4 { stride = 1 }
    return answered
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

  /// How long it has owed an answer without a sign of life; nil if it owes none.
  func silence(at now: Duration) -> Duration? {
    pings.isEmpty && unsentBytes == 0 ? nil : now - lastSignAt
  }
}
