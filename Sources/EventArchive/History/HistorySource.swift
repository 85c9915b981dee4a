package import EventPersistence
internal import Synchronization

/// A node's log, and before it the archive that has what the log no longer has, as one log: ordered,
/// each event once.
///
/// The log counts wherever it has an event. The archive is asked only about events before the log's
/// first one, or between two of its files of which the one between is gone. It is read from the
/// object that has the event on. Both may change at any moment: the archive's driver stores, the
/// node rotates, and the border between the two moves. After each stretch, and whenever the log no
/// longer has what a reader wants, the reader asks anew where the next event is.
///
/// What neither of them has is a `gap`, also within the archive: it says the same there as in a log,
/// namely a rotation's `Checkpoint` whose predecessor is not there.
///
/// A reader in the archive holds one unpacked object; all readers of a source share a listing and
/// one more object.
package struct HistorySource: EventSource {
  /// The secondary whose archive this is, as a configuration names it.
  package let name: String

  package var nodeLog: any EventSource { log }

  let log: any EventSource
  let archive: ArchiveSource
  let catalog: ArchiveCatalog
  private let clock: DriverClock
  private let memory = Memory()

  /// - Parameters:
  ///   - storage: must hold all events of the same log; what it holds of one is checked when it is
  ///     first read.
  ///   - log: the node's.
  package init(
    name: String, _ storage: any ArchiveStorage, before log: any EventSource,
    clock: DriverClock = .system
  ) {
    self.name = name
    self.log = log
    self.clock = clock
    catalog = ArchiveCatalog(storage, clock: clock)
    archive = ArchiveSource(catalog)
  }

  /// The archive's name and place, for a sentence.
  var title: String { "\(name) (\(catalog.place))" }

  // MARK: - A look

  /// The log's, with the first event and the missing ids of both together. If the archive cannot be
  /// read, it is the log's alone.
  package func survey() async -> Survey {
    var survey = await log.survey()
    guard survey.state == .live || survey.state == .silent else { return survey }
    do throws(SourceError) {
      let holes = try await holes(survey)
      memory.isShort = false
      guard !holes.isEmpty else { return survey }
      let ends = try await ends(of: holes)
      if let first = ends.first, holes[0].isLeading, holes[0].precedesNext(first) {
        survey.first = first
      }
      let missing = holes.flatMap { ends.missing(in: $0) }
      survey.missing = missing.map { Survey.Missing(from: $0.lowerBound, through: $0.upperBound) }
      memory.isShort = !missing.isEmpty
    } catch {
      memory.isShort = true
    }
    return survey
  }

  /// The log's. While the archive lacks something that the log lacks, too, also the archive's.
  nonisolated(nonsending) package func changeToken() async -> ChangeToken {
    var token = await log.changeToken()
    guard memory.isShort else { return token }
    token.words += await memory.token(of: catalog, at: clock.now).words
    return token
  }

  package var changeFolders: [String] { log.changeFolders }

  package func changeToken(at instant: ContinuousClock.Instant) -> ChangeToken? {
    memory.isShort ? nil : log.changeToken(at: instant)
  }

  // MARK: - Positions

  package func status(of position: Position?) async throws(SourceError) -> PositionStatus {
    let place =
      if let position { try await place(after: position) } else { try await place(at: .first) }
    if case .gap = place.match { memory.isShort = true }
    return PositionStatus(match: place.match, next: place.next)
  }

  package func locate(_ start: Start) async throws(SourceError) -> Position? {
    try await reader(from: start).next(BatchLimits(events: 1, bytes: 16 << 10), through: nil)?.first
  }

  /// Nil where only the archive has that time: it would have to be read from its start.
  package func locate(near time: EventTime) async throws(SourceError) -> Position? {
    let survey = await log.survey()
    if let first = survey.first?.time, first > time, try await !holes(survey).isEmpty {
      return nil
    }
    return try await log.locate(near: time)
  }

  package func extent(from first: Position, through last: Position) async throws(SourceError)
    -> Extent
  {
    let holes = try await holes()
    var extent = Extent(events: 0, bytes: 0, firstTime: first.time, lastTime: last.time)
    var from: Position? = first
    for hole in holes {
      guard let start = from, hole.precedesNext(start), last.eventId >= hole.ids.lowerBound else {
        continue
      }
      if start.eventId < hole.ids.lowerBound {
        let end = Position(eventId: hole.ids.lowerBound - 1)
        extent.add(try await log.extent(from: start, through: end), from: start, through: end)
      }
      let lower = max(start.eventId, hole.ids.lowerBound)
      let upper = min(last.eventId, hole.ids.upperBound)
      if lower <= upper {
        extent.add(lower...upper, of: name)
      }
      from = hole.precedesNext(last) ? nil : hole.next
    }
    if let from {
      extent.add(try await log.extent(from: from, through: last), from: from, through: last)
    }
    return extent
  }

  package func reader(from start: Start) -> any EventReader { HistoryReader(self, from: start) }
}

extension Extent {
  /// Adds a stretch of the log.
  fileprivate mutating func add(_ more: Extent, from: Position, through: Position) {
    events += more.events
    bytes = bytes.flatMap { own in more.bytes.map { own + $0 } }
    guard more.events > 0 else { return }
    parts.append(
      Part(archive: nil, from: from.eventId, through: through.eventId, events: more.events))
  }

  /// Adds a stretch of the archive, whose size as JSON is not known without reading it.
  fileprivate mutating func add(_ ids: ClosedRange<UInt64>, of archive: String) {
    let count = ids.upperBound - ids.lowerBound + 1
    events += count
    bytes = nil
    parts.append(
      Part(archive: archive, from: ids.lowerBound, through: ids.upperBound, events: count))
  }
}

extension HistorySource {
  /// What the log lacks now.
  func holes() async throws(SourceError) -> [LogHole] { try await holes(await log.survey()) }

  /// The same according to `survey`. The log is asked only if that has changed.
  private func holes(_ survey: Survey) async throws(SourceError) -> [LogHole] {
    let ends = LogEnds(first: survey.first, missing: survey.missing)
    if let holes = memory.holes(ends) { return holes }
    let holes = try await log.holes(survey)
    memory.keep(holes, ends)
    return holes
  }

  /// What the holes follow from.
  private struct LogEnds: Equatable {
    var first: Position?
    var missing: [Survey.Missing]
  }
}

// MARK: - The archive's ends

extension HistorySource {
  /// The first and the last event of the archive, or one near it, as far as they matter.
  struct Ends: Sendable {
    var first: Position?
    /// The last id that is provably lost before `first`.
    var lostBefore: UInt64?
    var last: Position?

    /// What of `hole` is in neither.
    func missing(in hole: LogHole) -> [ClosedRange<UInt64>] {
      guard let first, let last, hole.precedesNext(first) else { return [hole.ids] }
      var missing: [ClosedRange<UInt64>] = []
      let (lower, upper) = (hole.ids.lowerBound, hole.ids.upperBound)
      // An archive that begins later than the node has lost nothing, unless a rotation proves it.
      let lost = lostBefore ?? (hole.isLeading || first.eventId == 0 ? nil : first.eventId - 1)
      if let lost, lost >= lower { missing.append(lower...min(lost, upper)) }
      if last.eventId < upper { missing.append(max(last.eventId + 1, lower)...upper) }
      return missing
    }
  }

  /// As they were some seconds ago; if they lack nothing, a minute: an archive does not shrink.
  private func ends(of holes: [LogHole]) async throws(SourceError) -> Ends {
    if let (ends, age) = memory.ends(at: clock.now) {
      let isWhole = holes.allSatisfy { ends.missing(in: $0).isEmpty }
      if age < (isWhole ? .seconds(60) : ArchiveCatalog.kept) { return ends }
    }
    try await checkArchive()
    var ends = Ends(first: try await archive.locate(.first), last: try await catalog.listing().last)
    if let last = ends.last, last.eventId < holes.map(\.ids.upperBound).max() ?? 0 {
      // The names of objects tell less than the last object.
      ends.last = try await archive.head()
    }
    if let first = ends.first, first.isRotation, first.eventId > 0 {
      ends.lostBefore = try await lastId(before: first)
    }
    memory.keep(ends, at: clock.now)
    return ends
  }

  /// The last id before a rotation's `Checkpoint` of the archive: the same, or the one before if the
  /// event after it has the same (0.22.0 to 0.22.3).
  func lastId(before checkpoint: Position) async throws(SourceError) -> UInt64 {
    let isEarly = try await archive.status(of: checkpoint).next?.eventId == checkpoint.eventId
    return checkpoint.eventId - (isEarly ? 1 : 0)
  }

  /// - Throws: `unsupported` if the archive does not hold all events; what its storage throws.
  func checkArchive() async throws(SourceError) {
    if let reason = try await catalog.manifest().whyNoHistory {
      throw SourceError(.unsupported, "\(title) cannot be a history: \(reason)")
    }
  }
}

extension ArchiveManifest {
  /// Why an archive with this manifest does not have each event of the log; nil if it has.
  package var whyNoHistory: String? {
    if let part { return "it holds a part of the events only (\(part)). Name one that holds all." }
    if content == .transactions {
      return "it holds transactions only. Name one that holds all events."
    }
    if keepsLastOfId {
      return
        "it keeps one event of each id (layout: per-event), and a rotation of the log gives an "
        + "id to two. Name one in batches."
    }
    return nil
  }
}

extension Position {
  /// Whether it is the `Checkpoint` with which a node begins its log after a rotation.
  var isRotation: Bool { tag == "Checkpoint" }
}

extension HistorySource {
  /// What is kept between two looks.
  private final class Memory: Sendable {
    private struct State {
      var ends: (ends: Ends, at: Duration)?
      var token: (token: ChangeToken, at: Duration)?
      var holes: (ends: LogEnds, holes: [LogHole])?
      var isShort = false
    }
    private let state = Mutex(State())

    /// Whether something is in neither the log nor the archive, as far as is known.
    var isShort: Bool {
      get { state.withLock { $0.isShort } }
      set { state.withLock { $0.isShort = newValue } }
    }

    func ends(at now: Duration) -> (Ends, age: Duration)? {
      state.withLock { state in state.ends.map { ($0.ends, now - $0.at) } }
    }

    func keep(_ ends: Ends, at now: Duration) { state.withLock { $0.ends = (ends, now) } }

    func holes(_ ends: LogEnds) -> [LogHole]? {
      state.withLock { state in state.holes.flatMap { $0.ends == ends ? $0.holes : nil } }
    }

    func keep(_ holes: [LogHole], _ ends: LogEnds) { state.withLock { $0.holes = (ends, holes) } }

    /// At most some seconds old: asking a bucket costs requests.
    func token(of archive: ArchiveCatalog, at now: Duration) async -> ChangeToken {
      let known = state.withLock { $0.token }
      if let known, now - known.at < ArchiveCatalog.kept { return known.token }
      let token = await archive.changeToken()
      state.withLock { $0.token = (token, now) }
      return token
    }
  }
}
