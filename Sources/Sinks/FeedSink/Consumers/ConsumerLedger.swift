internal import EventPersistence

/// The connected consumers, and whether they have received a batch: a pure value, which the
/// server's thread and the sink share under a lock.
struct ConsumerLedger: Sendable {
  /// The state of a batch.
  enum Verdict: Sendable, Equatable {
    /// Each consumer whose stream contains the whole batch has answered for it.
    case delivered
    /// The slowest consumer is still receiving it.
    case underWay(Consumer.ID)
    /// The slowest consumer has given no sign of life for this long.
    case silent(Consumer.ID, Duration)
    /// No connected consumer can take it; this many began at later events.
    case nobody(others: Int)
  }

  private(set) var consumers: [Consumer.ID: Consumer] = [:]
  private var nextID: Consumer.ID = 1
  /// The last consumer that was disconnected for what it sent, and what that was.
  private(set) var lastViolation: String?
  /// Messages that consumers refused for their size.
  private(set) var refusals = SizeRefusals()
  /// The connections that did not show the token, and the address of the last one.
  private(set) var withoutToken = (count: 0, last: "")
  private var notes: [String] = []

  private static let notesMax = 100

  var count: Int { consumers.count }
  /// In the order in which they connected.
  var inOrder: [Consumer] { consumers.values.sorted { $0.id < $1.id } }

  mutating func connect(name: String?, address: String, at now: Duration) -> Consumer.ID {
    defer { nextID += 1 }
    consumers[nextID] = Consumer(id: nextID, name: name, address: address, at: now)
    return nextID
  }

  /// - Parameter isByConsumer: it left without a word.
  mutating func disconnect(_ id: Consumer.ID, isByConsumer: Bool = false) {
    if isByConsumer { noteRefusal(of: id, isTold: false) }
    consumers[id] = nil
  }

  mutating func pong(_ number: UInt64, of id: Consumer.ID, at now: Duration) {
    guard let answered = update(id, { ($0.pong(number, at: now), $0.hasAnswered) }), answered.1
    else { return }
    refusals.forgive(consumers[id]!.origin, answered.0 ?? 0)
  }

  /// A consumer ended its stream over the size of a message, or seems to have.
  ///
  /// - Parameter isTold: it gave the close code 1009 (message too big); else it left in the middle of
  ///   a large message.
  mutating func noteRefusal(of id: Consumer.ID, isTold: Bool) {
    guard let consumer = consumers[id], !consumer.isObserver,
      isTold || consumer.largestUnanswered != nil,
      let sentence = refusals.note(consumer, isTold: isTold)
    else { return }
    note(sentence)
  }

  /// A connection was refused because it did not show the token.
  mutating func noteWithoutToken(_ address: String) {
    withoutToken.count += 1
    withoutToken.last = address
  }

  mutating func note(_ sentence: String) {
    if notes.count < Self.notesMax { notes.append(sentence) }
  }

  /// A consumer sent what it must not, and is disconnected.
  mutating func note(_ violation: FrameRules.Violation, of id: Consumer.ID) {
    guard let consumer = consumers[id] else { return }
    let sentence =
      "\(consumer.fullTitle) was disconnected with the close code \(violation.code): it sent "
      + "\(violation.sent)."
    lastViolation = sentence
    note(sentence)
  }

  /// What to write to the journal since the last call.
  mutating func takeNotes() -> [String] {
    defer { notes = [] }
    return notes
  }

  /// Changes the record of a consumer if it is still connected.
  @discardableResult
  mutating func update<R>(_ id: Consumer.ID, _ body: (inout Consumer) -> R) -> R? {
    guard consumers[id] != nil else { return nil }
    return body(&consumers[id]!)
  }

  /// Whether the events from `first`, the one after the checkpoint, through `last` are delivered.
  ///
  /// Only consumers whose stream began at or before `first` count; of several, the slowest decides.
  func verdict(
    first: Position, last: Position, silentAfter: Duration, at now: Duration
  ) -> Verdict {
    let present = consumers.values.filter { !$0.isLeaving && !$0.isObserver }
    let counting = present.filter { $0.covers(first) }
    guard !counting.isEmpty else { return .nobody(others: present.count) }
    let late = counting.filter { !($0.acknowledged?.hasReached(last) ?? false) }
    guard
      let slowest = late.min(by: {
        ($0.acknowledged?.last.eventId ?? 0, $0.id) < ($1.acknowledged?.last.eventId ?? 0, $1.id)
      })
    else { return .delivered }
    if let silent = late.first(where: { ($0.silence(at: now) ?? .zero) >= silentAfter }) {
      return .silent(silent.id, silent.silence(at: now)!)
    }
    return .underWay(slowest.id)
  }

  /// The last event that each consumer whose stream began at or before `first` has answered for;
  /// nil if one has answered for none.
  func acknowledged(first: Position) -> Position? {
    let marks = consumers.values.filter { !$0.isLeaving && $0.covers(first) }.map(\.acknowledged)
    let lasts = marks.compactMap { $0?.last }
    return lasts.first { last in marks.allSatisfy { $0?.hasReached(last) ?? false } }
  }

  /// Asks the consumers that have received events after `position` (with nil, any) to reconnect,
  /// since these events are delivered again. A consumer whose stream began later stays: nothing
  /// waits for it.
  mutating func dismiss(beyond position: Position?) -> [Consumer.ID] {
    let past = consumers.values.filter { !$0.isLeaving && $0.isPast(position) }
    for consumer in past { consumers[consumer.id]!.isLeaving = true }
    return past.map(\.id)
  }
}
