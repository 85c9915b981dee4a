internal import EventPersistence

/// Who is connected, and what that says of a batch: a pure record, which the server's thread and the sink
/// share behind a lock.
struct ConsumerLedger: Sendable {
  /// What is to be said of a batch.
  enum Verdict: Sendable, Equatable {
    /// Each consumer whose stream holds the batch from its first event on has answered for it.
    case delivered
    /// This one is the slowest, and on its way.
    case underWay(Consumer.ID)
    /// This one is the slowest, and has not given a sign for so long.
    case silent(Consumer.ID, Duration)
    /// Nobody is connected who could take it; so many are that came for later events.
    case nobody(others: Int)
  }

  private(set) var consumers: [Consumer.ID: Consumer] = [:]
  private var nextID: Consumer.ID = 1

  var count: Int { consumers.count }
  /// In the order in which they came.
  var inOrder: [Consumer] { consumers.values.sorted { $0.id < $1.id } }

  mutating func connect(name: String?, address: String, at now: Duration) -> Consumer.ID {
    defer { nextID += 1 }
    consumers[nextID] = Consumer(id: nextID, name: name, address: address, at: now)
    return nextID
  }

  mutating func disconnect(_ id: Consumer.ID) { consumers[id] = nil }

  /// Changes the record of a consumer, where it is still connected.
  @discardableResult
  mutating func update<R>(_ id: Consumer.ID, _ body: (inout Consumer) -> R) -> R? {
    guard consumers[id] != nil else { return nil }
    return body(&consumers[id]!)
  }

  /// Whether the events from `first`, the one after the checkpoint, through `last` are delivered.
  ///
  /// A consumer counts whose stream began at or before `first`. Of several the slowest tells.
  func verdict(
    first: Position, last: Position, silentAfter: Duration, at now: Duration
  ) -> Verdict {
    let present = consumers.values.filter { !$0.isLeaving }
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

  /// Asks those to go that have been given events after `position`, which are to be delivered again (with
  /// nil, from the first on). Whose stream began later stays: it was not what was waited for.
  mutating func dismiss(beyond position: Position?) -> [Consumer.ID] {
    let past = consumers.values.filter { !$0.isLeaving && $0.isPast(position) }
    for consumer in past { consumers[consumer.id]!.isLeaving = true }
    return past.map(\.id)
  }
}
