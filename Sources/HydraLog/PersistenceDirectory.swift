package import EventPersistence
import Foundation
import Synchronization

/// A hydra-node's persistence directory as one continuous log: its archives, then its live file or
/// database.
///
/// It creates nothing in the directory, opens nothing for writing, and keeps no file open between
/// two calls. It reads the directory that its path leads to at first: once a link of the path leads
/// elsewhere, each call says so. A look costs a few `stat` calls and small reads at the log's ends, whatever its size;
/// what it read of an archive is kept.
package final class PersistenceDirectory: EventSource {
  /// As given to the node's `--persistence-dir`.
  package let path: String

  let chain: LogChain
  private let looker = Looker()
  private let headFollower = Mutex(HeadFollower())
  private let directoryToken: Mutex<DirectoryToken>
  private let lastGlance = Mutex<(instant: ContinuousClock.Instant, token: ChangeToken)?>(nil)
  private let lastSurvey = Mutex<(token: ChangeToken, view: LogView, survey: Survey)?>(nil)

  package init(path: String) {
    self.path = path
    chain = LogChain(directory: path)
    directoryToken = Mutex(DirectoryToken(of: path))
  }

  // MARK: - A look

  package func survey() async -> Survey {
    if let known = knownSurvey(changeTokenNow()) { return known }
    return await looker.run { self.surveyNow() }
  }

  /// The same on the caller's thread, which it blocks for a few reads, or for a few `stat` calls if nothing
  /// changed.
  ///
  /// In a log whose events have no ids, each call counts some more megabytes of lines, and the
  /// change token differs until all are counted.
  package func surveyNow() -> Survey {
    let token = changeTokenNow()
    if let known = knownSurvey(token) { return known }
    var tries = 1
    while true {
      do throws(SourceError) {
        return try freshSurvey(token)
      } catch {
        // A rotation came between two looks at it.
        guard error.kind == .changed, tries < Self.surveyTriesMax else { return Survey(error) }
        tries += 1
      }
    }
  }

  private static let surveyTriesMax = 5

  /// The last survey, if it was one of the same log.
  private func knownSurvey(_ token: ChangeToken) -> Survey? {
    guard let last = lastSurvey.withLock({ $0 }), last.token == token else { return nil }
    var survey = last.survey
    survey.tornLines = chain.notes.tornLines(in: last.view)
    return survey
  }

  private func freshSurvey(_ token: ChangeToken) throws(SourceError) -> Survey {
    var lineage = try chain.lineage()
    if try chain.count(in: lineage.links) { lineage = try chain.lineage() }
    let view = LogView(links: lineage.links)
    var survey = view.survey(directory: path, tornLines: chain.notes.tornLines(in: view))
    survey.archives += lineage.former.map { Survey.Archive($0, isFormer: true) }
    survey.hydraHead = headFollower.withLock { follower in
      follower.look(at: chain, view, survey)
      return follower.head
    }
    lastSurvey.withLock { $0 = (token, view, survey) }
    return survey
  }

  nonisolated(nonsending) package func changeToken() async -> ChangeToken { changeTokenNow() }

  package func changeToken(at instant: ContinuousClock.Instant) -> ChangeToken? {
    lastGlance.withLock { last in
      if let last, last.instant == instant { return last.token }
      let token = changeTokenNow()
      last = (instant, token)
      return token
    }
  }

  /// A rotation changes this one, too, and the folder of archives need not be there.
  package var changeFolders: [String] { [path] }

  func changeTokenNow() -> ChangeToken {
    var token = directoryToken.withLock { $0.now() }
    token.words.append(chain.counted)
    return token
  }

  /// The torn lines that readers of this directory found, in log order: at most a thousand of each
  /// file.
  package func tornLines() throws(SourceError) -> [TornLine] {
    chain.notes.torn(in: LogView(links: try chain.links()))
  }

  /// `state.migrated`, which a migration to `hydra.db` leaves, if its events are in databases as
  /// well; nil if it is not there, or if only it has them: then the survey has it as an archive.
  ///
  /// It counts as one of a former log unless its last event is found in this one.
  package func migrated() async throws(SourceError) -> Survey.Archive? {
    try await looker.look { () throws(SourceError) in
      let lineage = try self.chain.lineage()
      guard let link = lineage.migrated else { return nil }
      var isFound = false
      if let last = link.ends.last {
        isFound = try LogView(links: lineage.links).find(last).match == .found
      }
      return Survey.Archive(link, isFormer: !isFound)
    }
  }

  // MARK: - The record

  /// What readers of this directory found and counted: the driver keeps it in `STATE/primary.json`.
  package func record() throws(SourceError) -> PrimaryRecord {
    var record = try chain.record(of: chain.links())
    record.head = headFollower.withLock(\.record).map(PrimaryRecord.Head.init)
    return record
  }

  /// Adopts the record of an earlier process, as far as it matches the files in the directory.
  ///
  /// - Parameter trustingEnds: archives that have not changed since are not opened, and the Hydra Head
  ///   is followed from where the earlier process stood. That is for looks alone: what a delivery
  ///   leaves out must not depend on a file that only saves time.
  package func adopt(_ record: PrimaryRecord, trustingEnds: Bool = false) {
    chain.adopt(record, trustingEnds: trustingEnds)
    let head = trustingEnds ? record.head?.record : nil
    headFollower.withLock { $0 = HeadFollower(remembering: head) }
  }

  // MARK: - Positions

  package func status(of position: Position?) async throws(SourceError) -> PositionStatus {
    try await looker.look { () throws(SourceError) in try self.statusNow(of: position) }
  }

  func statusNow(of position: Position?) throws(SourceError) -> PositionStatus {
    let view = LogView(links: try chain.links())
    guard let position else {
      let first = try view.placeOfFirst()
      return PositionStatus(
        match: .found,
        next: try first.flatMap { place throws(SourceError) in try view.next(at: place, after: nil)
        }
      )
    }
    let (match, place) = try view.find(position)
    var next: Position?
    if let place {
      do throws(SourceError) {
        next = try view.next(at: place, after: match == .found ? position : nil)
      } catch {
        // The next events are lost, and `match` says which.
        guard case .gap(let lost) = error.kind else { throw error }
        next = try view.place(from: lost.lowerBound).flatMap { place throws(SourceError) in
          try place.link.segment?.event(at: place.cursor)?.event
        }
      }
    }
    return PositionStatus(match: match, next: next)
  }

  package func locate(_ start: Start) async throws(SourceError) -> Position? {
    // Not on the looker's thread: the first search for a time reads the log.
    let reader = DirectoryReader(LogReader(chain: chain, start: start, isNoting: false))
    return try await reader.next(BatchLimits(events: 1, bytes: 16 << 10), through: nil)?.first
  }

  package func clockSteps() async throws(SourceError) -> [ClockStep] {
    // Not on the thread of `looker`: this may read the whole log.
    try await Looker().look { () throws(SourceError) in try self.chain.clockSteps() }
  }

  /// What readers know of the times of this log by now; nil if that is nothing.
  package func knownTimes() async -> KnownTimes? {
    try? await looker.look { () throws(SourceError) in try self.chain.knownTimes() }
  }

  package func extent(from first: Position, through last: Position) async throws(SourceError)
    -> Extent
  {
    try await looker.look { () throws(SourceError) in
      try LogView(links: self.chain.links()).extent(from: first, through: last)
    }
  }

  package func reader(from start: Start) -> any EventReader {
    DirectoryReader(LogReader(chain: chain, start: start, isNoting: true))
  }
}

/// The thread that looks at a directory.
private actor Looker {
  private let executor = BlockingExecutor(label: "log")
  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  func run<R: Sendable>(_ body: @Sendable () -> R) -> R { body() }

  func look<R: Sendable>(_ body: @Sendable () throws(SourceError) -> R) throws(SourceError) -> R {
    try body()
  }
}

/// A reader on a thread of its own, so that one that waits for its disk does not delay another.
private actor DirectoryReader: EventReader {
  private let executor = BlockingExecutor(label: "log.reader")
  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  private var reader: LogReader

  init(_ reader: LogReader) {
    self.reader = reader
  }

  func next(_ limits: BatchLimits, through: Position?) async throws(SourceError) -> EventBatch? {
    try reader.next(limits, through: through)
  }

  func tornStretches() -> [TornStretch] { reader.tornStretches() }
}
