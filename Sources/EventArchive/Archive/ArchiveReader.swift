internal import Algorithms
internal import EventPersistence

/// Reads an archive from its current position on, one object at a time.
actor ArchiveReader: EventReader {
  private let storage: any ArchiveStorage
  private var start: Start
  private let times: KnownTimes?

  private var manifest: ArchiveManifest?
  private var listing: ArchiveListing?
  /// The index of the object to read next.
  private var index = 0
  /// The rest of the object in hand.
  private var rest: EventBatch?
  /// What to leave out before the first event is returned.
  private var skip = Skip.nothing
  /// The events of the highest id met, returned or left out.
  private var seen: [Position] = []
  /// The last event that was returned.
  private var last: Position?

  /// How often the archive may change during one call.
  private static let attemptsMax = 5

  private enum Skip {
    case nothing
    /// Through the event that this names; for an id alone, through its first.
    case through(Position)
    /// All events before this time, and those without a time.
    case before(EventTime)
  }

  init(_ storage: any ArchiveStorage, from start: Start, times: KnownTimes? = nil) {
    self.storage = storage
    self.start = start
    self.times = times
  }

  func next(_ limits: BatchLimits, through: Position?) async throws(SourceError) -> EventBatch? {
    guard let batch = try await read() else { return nil }
    let count = min(batch.count(within: limits), batch.count(through: through, after: last))
    rest =
      count < batch.entries.count
      ? EventBatch(buffer: batch.buffer, entries: Array(batch.entries.dropFirst(count))[...]) : nil
    guard count > 0 else { return nil }
    last = batch.entries[batch.entries.startIndex + count - 1].position
    return EventBatch(buffer: batch.buffer, entries: batch.entries.prefix(count))
  }

  /// The rest of the object in hand, or the events of the next one that has some.
  private func read() async throws(SourceError) -> EventBatch? {
    if let rest { return rest }
    if listing == nil { try await begin() }
    var attempts = 0
    while let listing {
      guard index < listing.objects.count else {
        // The end may have grown: the next call looks for it again.
        self.listing = nil
        if let last = seen.last { start = .after(last) }
        return nil
      }
      let object = listing.objects[index]
      switch try await storage.read(object) {
      case .lines(let buffer):
        let lines = ArchiveLines(
          buffer, span: listing.span(at: index), derivedFrom: manifest?.derivedFrom)
        if let damage = lines.damage(of: object, isPart: manifest?.isPart ?? false) {
          throw damaged(object, damage)
        }
        index += 1
        let entries = lines.entries.filter { takes($0.position) }
        if !entries.isEmpty { return EventBatch(buffer: buffer, entries: entries[...]) }
      case .damaged(let reason): throw damaged(object, reason)
      case .gone:
        attempts += 1
        guard attempts < Self.attemptsMax else {
          throw SourceError(
            .changed,
            "\(storage.place) is being rebuilt: \(object.key) was removed while it was read.")
        }
        try await list()
      }
    }
    return nil
  }

  private func damaged(_ object: ArchiveObject, _ reason: String) -> SourceError {
    SourceError(
      .damaged(next: nil),
      "\(storage.place): \(object.key) \(reason). `hydra-sinks verify NAME` shows what else is damaged, "
        + "and how to repair it.")
  }

  // MARK: - Where to begin

  private func begin() async throws(SourceError) {
    manifest = try await storage.manifest()
    if case .after(let position) = start, seen.isEmpty { skip = .through(position) }
    switch start {
    case .head, .last:
      let survey = await ArchiveSource(storage).survey()
      guard let head = survey.head else {
        // In an empty archive, the first event to come is after the head.
        start = .first
        break
      }
      if case .last(let count) = start, count > 0 {
        let back = UInt64(count)
        start = .id(head.eventId >= back ? head.eventId - back + 1 : 0)
      } else {
        start = .after(head)
        skip = .through(head)
      }
    case .time(let time): skip = .before(time)
    case .first, .after, .id: break
    }
    try await list()
  }

  /// Lists the objects, and finds the one to continue with.
  private func list() async throws(SourceError) {
    let listing = try await storage.listing()
    self.listing = listing
    if let highest = seen.last {
      index = listing.index(of: highest.eventId)
      return
    }
    switch start {
    case .id(let id): index = listing.index(of: id)
    case .after(let position): index = listing.index(of: position.eventId)
    case .time(let time): index = try await self.index(of: time, in: listing)
    case .first, .last, .head: index = 0
    }
  }

  /// The index of an object at or before the first event of `time` or later.
  private func index(
    of time: EventTime, in listing: ArchiveListing
  ) async throws(SourceError) -> Int {
    // Only the events before a time show whether the node's clock was set back.
    guard let times, let first = listing.objects.first, times.ids.contains(first.firstId) else {
      return 0
    }
    let end = times.end(for: time)
    var low = 0
    var high = listing.objects.partitioningIndex { $0.firstId >= end }
    while high - low > 1 {
      let middle = low + (high - low) / 2
      if try await begins(listing.objects[middle], before: time) {
        low = middle
      } else {
        high = middle
      }
    }
    return low
  }

  /// Whether the first event of an object is earlier than `time`; false if that is not known.
  private func begins(
    _ object: ArchiveObject, before time: EventTime
  ) async throws(SourceError) -> Bool {
    guard case .lines(let buffer) = try await storage.read(object),
      let first = ArchiveLines(buffer).entries.first?.position.time
    else { return false }
    return first < time
  }

  // MARK: - Which events to return

  /// Whether an event was not met before and is not before the beginning; notes it.
  private func takes(_ position: Position) -> Bool {
    if let highest = seen.last {
      if position.eventId < highest.eventId { return false }
      if position.eventId == highest.eventId {
        if seen.contains(where: { $0.agrees(with: position) }) { return false }
        seen.append(position)
        return isAfterBeginning(position)
      }
    }
    seen = [position]
    return isAfterBeginning(position)
  }

  private func isAfterBeginning(_ position: Position) -> Bool {
    if case .id(let id) = start, position.eventId < id { return false }
    switch skip {
    case .nothing: return true
    case .before(let time):
      guard let own = position.time, own >= time else { return false }
    case .through(let named):
      if position.eventId < named.eventId { return false }
      if position.eventId == named.eventId {
        if position.agrees(with: named) { skip = .nothing }
        return false
      }
    }
    skip = .nothing
    return true
  }
}

extension ArchiveManifest {
  /// Whether an object can hold fewer events than its name spans.
  package var isPart: Bool { part != nil || content == .transactions }
}
