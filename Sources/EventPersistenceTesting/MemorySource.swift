public import EventPersistence

/// A log in memory that tests append to, cut and rewrite.
public actor MemorySource: EventSource, EventLog {
  private var log: [StateEvent]
  private var version: UInt64 = 0
  private var failure: SourceError?
  private var damage: (ids: ClosedRange<UInt64>, error: String)?
  private var lost: [ClosedRange<UInt64>] = []
  private var torn: [TornStretch] = []
  private var headlessLooks = 0

  public init(_ events: [StateEvent] = []) {
    log = events
  }

  public var events: [StateEvent] { log }

  /// Appends what the node would have appended.
  public func append(_ events: [StateEvent]) {
    log += events
    version += 1
  }

  /// Appends one event, for a combinator on this log.
  public func append(_ event: StateEvent) { append([event]) }

  /// Replaces the log: a node that lost its last events and reused their ids, a rotation without
  /// archives.
  ///
  /// - Parameter ids: those that are lost from now on; nil: those that were.
  public func replace(with events: [StateEvent], losing ids: ClosedRange<UInt64>? = nil) {
    log = events
    if let ids { lost = [ids] }
    version += 1
  }

  /// From now on each call throws this error; with nil, it works again.
  public func fail(_ error: SourceError?) {
    failure = error
    version += 1
  }

  /// From now on the events of these ids cannot be read, for this reason; with nil, they can.
  public func damage(_ ids: ClosedRange<UInt64>?, _ reason: String = "damaged") {
    damage = ids.map { ($0, reason) }
    version += 1
  }

  /// In place of the events of these ids there is something else.
  public func tear(_ ids: ClosedRange<UInt64>, _ place: String) {
    log.removeAll { ids.contains($0.eventId) }
    torn.append(
      TornStretch(
        after: log.last { $0.eventId < ids.lowerBound }?.eventId,
        before: log.first { $0.eventId > ids.upperBound }?.eventId, place: place))
    version += 1
  }

  /// The torn stretches after the event `last` and before what follows `batch`.
  func torn(after last: UInt64?, in batch: EventBatch?) -> [TornStretch] {
    torn.filter { stretch in
      guard let before = stretch.before else { return batch == nil }
      return before > last ?? 0 && before <= batch?.last.eventId ?? 0
    }
  }

  /// A rotation's archive is lost, which had the events of these ids, and perhaps the `Checkpoint`
  /// before them. The next one, which shares the last id, is left.
  public func lose(_ ids: ClosedRange<UInt64>) {
    log.removeAll { event in
      event.tag == "Checkpoint"
        ? event.eventId + 1 >= ids.lowerBound && event.eventId < ids.upperBound
        : ids.contains(event.eventId)
    }
    lost.append(ids)
    version += 1
  }

  /// So many surveys do not know the head: lines of events without ids are still being counted.
  public func hideHead(forSurveys count: Int) { headlessLooks = count }

  // MARK: - EventSource

  public func survey() async -> Survey {
    if let failure {
      let state: Survey.State =
        switch failure.kind {
        case .missing: .missing
        case .ambiguous: .ambiguous
        default: .unreadable
        }
      return Survey(state: state, sentence: failure.message)
    }
    let ids = log.map(\.eventId)
    let sharedIds = zip(ids, ids.dropFirst()).compactMap { $0 == $1 ? $0 : nil }
    let isHeadless = headlessLooks > 0
    if isHeadless { headlessLooks -= 1 }
    return Survey(
      state: .live, format: .state, first: log.first?.position,
      head: isHeadless ? nil : log.last?.position,
      bytes: UInt64(log.reduce(0) { $0 + $1.json.count + 1 }), tornLines: 0,
      missing: lost.map { Survey.Missing(from: $0.lowerBound, through: $0.upperBound) },
      sharedIds: sharedIds)
  }

  public func changeToken() async -> ChangeToken { ChangeToken([version]) }

  public func status(of position: Position?) async throws(SourceError) -> PositionStatus {
    if let failure { throw failure }
    guard let position else { return PositionStatus(match: .found, next: log.first?.position) }
    if let index = index(of: position) {
      try checkDamage(at: index + 1)
      if let ids = gap(after: position.eventId, before: index + 1) {
        return PositionStatus(match: .gap(ids), next: log[index + 1].position)
      }
      return PositionStatus(
        match: .found, next: index + 1 < log.count ? log[index + 1].position : nil)
    }
    let nextIndex = log.firstIndex { $0.eventId > position.eventId }
    let next = nextIndex.map { log[$0].position }
    if let nextIndex, let ids = gap(after: position.eventId, before: nextIndex) {
      return PositionStatus(match: .gap(ids), next: next)
    }
    if let other = log.last(where: { $0.eventId == position.eventId }) {
      return PositionStatus(match: .differs(other.position), next: next)
    }
    guard let first = log.first, let last = log.last, position.eventId <= last.eventId else {
      return PositionStatus(match: .ahead, next: nil)
    }
    return PositionStatus(match: position.eventId < first.eventId ? .before : .absent, next: next)
  }

  public func locate(_ start: Start) async throws(SourceError) -> Position? {
    if let failure { throw failure }
    let index = startIndex(start)
    try checkDamage(at: index)
    return index < log.count ? log[index].position : nil
  }

  public func extent(from first: Position, through last: Position) async throws(SourceError)
    -> Extent
  {
    if let failure { throw failure }
    let events = log[startIndex(.id(first.eventId))...].prefix { $0.eventId <= last.eventId }
    return Extent(
      events: UInt64(events.count), bytes: UInt64(events.reduce(0) { $0 + $1.json.count }),
      firstTime: events.first?.time, lastTime: events.last?.time)
  }

  public nonisolated func reader(from start: Start) -> any EventReader {
    MemoryReader(source: self, start: start)
  }

  // MARK: - For its reader

  func batch(from start: Start, _ limits: BatchLimits, through: Position?) throws(SourceError)
    -> EventBatch?
  {
    if let failure { throw failure }
    var taken: [StateEvent] = []
    var bytes = 0
    try checkDamage(at: startIndex(start))
    if case .after(let position) = start {
      if let ids = gap(after: position.eventId, before: startIndex(start)) {
        throw SourceError(.gap(ids), "the events \(ids.lowerBound) to \(ids.upperBound) are lost")
      }
      if index(of: position) == nil,
        let other = log.first(where: { $0.eventId == position.eventId })
      {
        throw SourceError(.diverged(other.position), "another event has the id of \(position)")
      }
    }
    for event in log[startIndex(start)..<max(startIndex(start), endIndex(through))] {
      bytes += event.json.count
      if let damage, damage.ids.contains(event.eventId) { break }
      if let last = taken.last, gap(between: last, and: event) != nil { break }
      if !taken.isEmpty, taken.count == limits.events || bytes > limits.bytes { break }
      taken.append(event)
    }
    return taken.isEmpty ? nil : EventBatch(taken)
  }

  /// The lost ids after `id` and before the event at `index`.
  private func gap(after id: UInt64, before index: Int) -> ClosedRange<UInt64>? {
    guard index < log.count else { return nil }
    let found = lost.first { $0.upperBound > id && $0.upperBound <= log[index].eventId }
    return found.map { max($0.lowerBound, id + 1)...$0.upperBound }
  }

  private func gap(between event: StateEvent, and next: StateEvent) -> ClosedRange<UInt64>? {
    lost.first { $0.upperBound > event.eventId && $0.upperBound <= next.eventId }
  }

  private func checkDamage(at index: Int) throws(SourceError) {
    guard let damage, index < log.count, damage.ids.contains(log[index].eventId) else { return }
    let next = log.first { $0.eventId > damage.ids.upperBound }?.position
    throw SourceError(.damaged(next: next), damage.error)
  }

  private func startIndex(_ start: Start) -> Int {
    func first(_ holds: (StateEvent) -> Bool) -> Int { log.firstIndex(where: holds) ?? log.count }
    switch start {
    case .first: return 0
    case .after(let position):
      return index(of: position).map { $0 + 1 } ?? first { $0.eventId > position.eventId }
    case .id(let id): return first { $0.eventId >= id }
    case .time(let time): return first { $0.time.map { $0 >= time } ?? false }
    case .last(let count): return max(0, log.count - count)
    case .head: return log.count
    }
  }

  /// After the event that `through` names; if twins have that id alone, after the last.
  private func endIndex(_ through: Position?) -> Int {
    guard let through else { return log.count }
    let named = through.isIdOnly ? nil : index(of: through)
    return (named ?? log.lastIndex { $0.eventId <= through.eventId }).map { $0 + 1 } ?? 0
  }

  private func index(of position: Position) -> Int? {
    log.firstIndex { $0.position.agrees(with: position) }
  }
}

private actor MemoryReader: EventReader {
  private let source: MemorySource
  private var start: Start
  private var torn: [TornStretch] = []

  init(source: MemorySource, start: Start) {
    self.source = source
    self.start = start
  }

  func next(_ limits: BatchLimits, through: Position?) async throws(SourceError) -> EventBatch? {
    if case .head = start {
      guard let head = await source.survey().head else { return nil }
      start = .after(head)
    }
    let batch = try await source.batch(from: start, limits, through: through)
    var last: UInt64?
    if case .after(let position) = start { last = position.eventId }
    torn += await source.torn(after: last, in: batch)
    if let batch { start = .after(batch.last) }
    return batch
  }

  func tornStretches() -> [TornStretch] {
    defer { torn = [] }
    return torn
  }
}
