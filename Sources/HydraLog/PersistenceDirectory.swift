public import EventPersistence
import Foundation
import Synchronization

/// A hydra-node's persistence directory as one continuous log: its archives, then its live file or
/// database.
///
/// Nothing in the directory is opened for writing or created, and nothing stays open while nobody reads.
/// A look costs a few `stat` calls and small reads at the log's ends, whatever its size; what was seen of
/// an archive is kept.
public final class PersistenceDirectory: EventSource {
  /// As given to the node's `--persistence-dir`.
  public let path: String

  private let chain: LogChain
  private let notes = LogNotes()
  private let looker = Looker()
  private let lastSurvey = Mutex<(token: ChangeToken, survey: Survey)?>(nil)

  public init(path: String) {
    self.path = path
    chain = LogChain(directory: path)
  }

  // MARK: - A look

  public func survey() async -> Survey {
    await looker.run { self.surveyNow() }
  }

  /// The same on the caller's thread, which it blocks for a few reads; for nothing but `stat` calls where
  /// nothing changed.
  public func surveyNow() -> Survey {
    let token = changeTokenNow()
    if let last = lastSurvey.withLock({ $0 }), last.token == token { return last.survey }
    do throws(SourceError) {
      let view = LogView(links: try chain.links())
      let survey = view.survey(directory: path, tornLines: notes.tornLines(in: view))
      lastSurvey.withLock { $0 = (token, survey) }
      return survey
    } catch {
      return Survey(error)
    }
  }

  public func changeToken() async -> ChangeToken { changeTokenNow() }

  /// The same on the caller's thread, which it blocks for five `stat` calls.
  public func changeTokenNow() -> ChangeToken {
    DirectoryToken.now(of: path)
  }

  /// The torn lines that readers of this directory met, in log order: a thousand of a file at most.
  public func tornLines() throws(SourceError) -> [TornLine] {
    notes.torn(in: LogView(links: try chain.links()))
  }

  // MARK: - Positions

  public func standing(of position: Position?) async throws(SourceError) -> Standing {
    try await looker.look { () throws(SourceError) in try self.standingNow(of: position) }
  }

  /// The same on the caller's thread, which it blocks for a few reads.
  public func standingNow(of position: Position?) throws(SourceError) -> Standing {
    let view = LogView(links: try chain.links())
    guard let position else { return Standing(match: .found, next: view.first) }
    let (match, place) = try view.find(position)
    var next: Position?
    if let place {
      do throws(SourceError) {
        next = try view.next(at: place, behind: match == .found ? position : nil)
      } catch {
        // What follows is lost: it has no next one, and `match` says which.
        guard case .gap = error.kind else { throw error }
      }
    }
    return Standing(match: match, next: next)
  }

  public func locate(_ start: Start) async throws(SourceError) -> Position? {
    try await looker.look { () throws(SourceError) in
      var reader = LogReader(chain: self.chain, start: start, note: { _, _, _ in })
      return try reader.next(BatchLimits(events: 1, bytes: 16 << 10), through: nil)?.first
    }
  }

  public func extent(from first: Position, through last: Position) async throws(SourceError)
    -> Extent
  {
    try await looker.look { () throws(SourceError) in
      try LogView(links: self.chain.links()).extent(from: first, through: last)
    }
  }

  public func reader(from start: Start) -> any EventReader {
    let notes = notes
    return DirectoryReader(
      LogReader(chain: chain, start: start) { notes.note($0, from: $1, $2) })
  }
}

/// The thread on which a directory is looked at.
private actor Looker {
  private let executor = BlockingExecutor(label: "log")
  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  func run<R: Sendable>(_ body: @Sendable () -> R) -> R { body() }

  func look<R: Sendable>(_ body: @Sendable () throws(SourceError) -> R) throws(SourceError) -> R {
    try body()
  }
}

/// A reader on a thread of its own, so that one that waits for its disk holds up no other.
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
}
