package import EventPersistence

/// Proves what a secondary holds by comparing it with the primary, event by event.
///
/// Both are read once, side by side. Memory holds a batch of the primary (`BatchLimits`, or one
/// larger event; two batches if events at its end share an id), one piece of what is held and, if it
/// reads ahead, the next one (for an archive, an unpacked object, and about a hundred bytes per name),
/// and the findings: a thousand ranges of each kind.
package struct Verification: Sendable {
  package struct Request: Sendable {
    /// Both inclusive; nil: from the first, through the checkpoint.
    package var from: UInt64?
    package var through: UInt64?
    /// Whether only equal bytes are the same.
    package var isStrict: Bool
    /// The last event that the secondary reports as stored; nil: nothing.
    package var checkpoint: Position?
    /// The first event that it received; nil if that is not known: the primary's first.
    package var first: Position?
    package var selection: Selection
    package var form: HeldForm
    /// Of events with one id, only the last is expected.
    package var keepsLastOfId = false

    package init(
      from: UInt64? = nil, through: UInt64? = nil, isStrict: Bool = false, checkpoint: Position?,
      first: Position? = nil, selection: Selection = .all, form: HeldForm = .events()
    ) {
      self.from = from
      self.through = through
      self.isStrict = isStrict
      self.checkpoint = checkpoint
      self.first = first
      self.selection = selection
      self.form = form
    }
  }

  /// The progress of a verification.
  package struct Progress: Sendable, Hashable {
    /// How many ids of the primary were passed, and how many there are.
    package var done: UInt64
    package var total: UInt64?
    package var faults: UInt64
  }

  private let request: Request
  private let source: any EventSource
  private let held: any HeldEvents
  private let limits: BatchLimits
  private let readsAhead: Bool

  /// - Parameter readsAhead: whether the next piece of what is held is read while one is compared:
  ///   one piece ahead, no more.
  package init(
    _ request: Request, of held: any HeldEvents, against source: any EventSource,
    limits: BatchLimits = BatchLimits(), readsAhead: Bool = true
  ) {
    self.request = request
    self.held = held
    self.source = source
    self.limits = limits
    self.readsAhead = readsAhead
  }

  /// Compares, and reports. Cancelling the task ends it at once, and the report says so.
  ///
  /// - Parameter report: what is known beforehand.
  /// - Throws: if what is held cannot be read at all, or if there are two primaries. Damage within
  ///   an archive, objects that cannot be read, and what the primary has lost or cannot read are part
  ///   of the report. If the primary does not exist, everything is unproven.
  package func run(
    _ report: VerifyReport = VerifyReport(),
    progress: @Sendable (Progress) -> Void = { _ in }
  ) async throws(SourceError) -> VerifyReport {
    let survey = await source.survey()
    switch survey.state {
    case .live, .silent, .missing, .unreadable: break
    case .ambiguous: throw SourceError(.ambiguous, survey.sentence ?? "there are two logs")
    }
    var report = report
    report.from = request.from
    report.through = request.through
    report.checkpoint = request.checkpoint?.eventId
    report.primaryFirst = survey.first?.eventId
    report.primaryLast = survey.head?.eventId
    report.bytes = request.isStrict
    var comparison = Comparison(
      Comparison.Scope(
        from: request.from ?? 0, through: request.through, checkpoint: request.checkpoint,
        first: request.first, selection: request.selection, isStrict: request.isStrict,
        form: request.form, keepsLastOfId: request.keepsLastOfId), report)
    for missing in survey.missing { comparison.lose(missing.from...missing.through) }
    var primary = PrimaryEvents(
      source, from: request.from, limits,
      isThere: survey.first != nil || survey.state == .unreadable)
    let total = total(survey)
    let begin = max(request.from ?? 0, survey.first?.eventId ?? 0)
    func tell() {
      let id = comparison.groupId ?? begin
      let found = comparison.report
      progress(
        Progress(
          done: id >= begin ? min(id - begin, total ?? .max) : 0, total: total,
          faults: found.missing.events + found.extra.events + found.twice.events
            + found.outOfOrder.events + found.differing.events + found.undecodable))
    }
    var read = await next()
    while !Task.isCancelled, let piece = try read.get() {
      async let following = readsAhead ? next() : nil
      guard try await meet(piece, &primary, &comparison) else { break }
      tell()
      let ahead = await following
      read = if let ahead { ahead } else { await next() }
    }
    while !Task.isCancelled, let end = end {
      primary.retry()
      guard try await primary.advance(&comparison, beyond: end) else { break }
      tell()
    }
    if !Task.isCancelled { comparison.close() }
    comparison.finish(isInterrupted: Task.isCancelled)
    return comparison.report
  }

  private func next() async -> Result<HeldPiece?, SourceError> {
    do throws(SourceError) { return .success(try await held.next()) } catch {
      return .failure(error)
    }
  }

  /// Compares a piece with what the primary has; false if it begins after what is to be compared.
  private func meet(
    _ piece: HeldPiece, _ primary: inout PrimaryEvents, _ comparison: inout Comparison
  ) async throws(SourceError) -> Bool {
    switch piece {
    case .damaged(let object, let ids, let reason):
      comparison.meet(damaged: object, ids: ids, reason: reason)
    case .unread(let object, let ids, let reason):
      comparison.meet(unread: object, ids: ids, reason: reason)
    case .lines(let batch, let object):
      if let through = request.through, batch.first.eventId > through { return false }
      // The head may have moved while the piece was read.
      primary.retry()
      for entry in batch.entries {
        try await primary.advance(&comparison, to: entry.position.eventId)
        comparison.meet(batch, entry, object: object)
      }
    }
    return true
  }

  /// The last id that can be expected.
  private var end: UInt64? {
    guard let checkpoint = request.checkpoint?.eventId else { return nil }
    return min(checkpoint, request.through ?? .max)
  }

  private func total(_ survey: Survey) -> UInt64? {
    // While a log's lines are still being counted, the checkpoint serves instead.
    let last = [survey.head?.eventId, end].compactMap { $0 }.min()
    guard let first = survey.first?.eventId, let through = last else { return nil }
    let from = max(first, request.from ?? 0)
    return through >= from ? through - from + 1 : 0
  }
}

/// The primary's events, read as the comparison needs them.
private struct PrimaryEvents {
  private let source: any EventSource
  private let limits: BatchLimits
  private var reader: any EventReader
  private var batch: EventBatch?
  private var index = 0
  /// The log has no more events at the moment.
  private var isAtEnd: Bool
  /// Nothing more can be read; or there is no log.
  private var isOver: Bool
  /// The last event that was read.
  private var last: UInt64?
  /// Where reading began again after lost events.
  private var resumedAt: UInt64?

  init(_ source: any EventSource, from: UInt64?, _ limits: BatchLimits, isThere: Bool) {
    self.source = source
    self.limits = limits
    isOver = !isThere
    isAtEnd = false
    last = from.flatMap { $0 > 0 ? $0 - 1 : nil }
    reader = source.reader(from: from.map { .id($0) } ?? .first)
  }

  /// The head may have moved since the end was met.
  mutating func retry() { isAtEnd = false }

  /// Closes what is before `id`, and takes all events with it.
  mutating func advance(_ comparison: inout Comparison, to id: UInt64) async throws(SourceError) {
    while let entry = try await peek(&comparison), entry.position.eventId <= id {
      take(&comparison, entry)
    }
    if let group = comparison.groupId, group < id { comparison.close() }
  }

  /// Takes the events through `id` that are already read or come next; false if there are none.
  mutating func advance(_ comparison: inout Comparison, beyond id: UInt64) async throws(SourceError)
    -> Bool
  {
    var count = 0
    while count < limits.events, let entry = try await peek(&comparison),
      entry.position.eventId <= id
    {
      take(&comparison, entry)
      count += 1
    }
    return count > 0
  }

  private mutating func take(_ comparison: inout Comparison, _ entry: EventBatch.Entry) {
    if let group = comparison.groupId, group < entry.position.eventId { comparison.close() }
    comparison.add(batch!, entry)
    index += 1
  }

  private mutating func peek(_ comparison: inout Comparison) async throws(SourceError)
    -> EventBatch.Entry?
  {
    while true {
      if let batch, index < batch.entries.endIndex { return batch.entries[index] }
      guard !isAtEnd, !isOver else { return nil }
      do throws(SourceError) {
        batch = try await reader.next(limits, through: nil)
      } catch {
        try passOver(error, &comparison)
        continue
      }
      for stretch in await reader.tornStretches() { comparison.lose(stretch) }
      isAtEnd = batch == nil
      index = batch?.entries.startIndex ?? 0
      if let batch {
        comparison.begin(at: batch.first.eventId)
        last = batch.last.eventId
      }
    }
  }

  /// Notes that the next events are lost or cannot be read, and continues after them.
  private mutating func passOver(
    _ error: SourceError, _ comparison: inout Comparison
  ) throws(SourceError) {
    let next: UInt64?
    switch error.kind {
    case .gap(let ids):
      comparison.lose(ids)
      next = ids.upperBound
    case .damaged(let found):
      comparison.lose(after: last, before: found?.eventId, error.message)
      // If that has the id of the last event, the next id is surely after the damage.
      next = found.map { max($0.eventId, last.map { $0 + 1 } ?? 0) }
    case .unreadable:
      comparison.lose(after: last, before: nil, error.message)
      next = nil
    case .missing, .ambiguous, .unsupported, .changed, .diverged: throw error
    }
    batch = nil
    guard let next else {
      isOver = true
      return
    }
    if let resumedAt, next <= resumedAt { throw error }
    resumedAt = next
    reader = source.reader(from: .id(next))
  }
}
