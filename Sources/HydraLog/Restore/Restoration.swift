package import EventArchive
package import EventPersistence
internal import Foundation

/// Writes a persistence directory that a node can start from, from an archive of all its events.
///
/// It writes the log beside its place, or in a hidden folder inside if the place exists, reads it
/// back, and renames it into its place, so that an interrupted restore leaves nothing that a node
/// would start from. The restored log is rotated where the node rotated its own: the live part
/// begins with the last `Checkpoint`, and the events before it are in archives, as with the node.
/// It holds one batch of events in memory, beside the memory of the archive's reader.
package actor Restoration {
  package enum Format: String, Sendable, CaseIterable {
    /// `state`, of nodes up to 2.0.
    case state
    /// `hydra.db` with JSON, of nodes from 2.1 on.
    case sqliteJSON = "sqlite-json"
    /// `hydra.db` with CBOR, of nodes after 2.3.
    case sqliteCBOR = "sqlite-cbor"
  }

  package struct Result: Sendable, Hashable {
    package var events: UInt64
    package var last: Position
    /// Of the live part.
    package var format: Format
    /// The last id of the rotated logs that are sqlite-json, if the live part is not; nil if there
    /// are none.
    package var jsonThrough: UInt64?
    /// How many times the log was rotated.
    package var rotations: Int
    /// The newest point of the chain in it; nil if no event names one.
    package var chainPoint: ChainPoint?
  }

  /// How far it has come.
  package enum Progress: Sendable, Hashable {
    /// Through this id.
    case written(UInt64)
    /// The written log is being read back, through this id.
    case readBack(UInt64)
  }

  // Files are written and synchronized here: off the cooperative pool.
  private nonisolated let executor = BlockingExecutor(label: "restore")
  package nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  private let source: any EventSource
  private let manifest: ArchiveManifest
  private let directory: String
  private let format: Format?
  private let through: UInt64?

  /// - Parameters:
  ///   - source: the archive that `manifest` describes.
  ///   - directory: an absolute path of nothing or of an empty folder; its parent must exist.
  ///   - format: with nil, a `hydra.db` in JSON or CBOR, whichever the events were archived from; if
  ///     from both, as a node has it that was upgraded: the logs that it rotated before in JSON, and
  ///     all else in CBOR.
  ///   - through: the last id, of which all events are restored; with nil, the whole archive.
  package init(
    _ source: any EventSource, _ manifest: ArchiveManifest, to directory: String, format: Format?,
    through: UInt64? = nil
  ) {
    self.source = source
    self.manifest = manifest
    self.directory = directory
    self.format = format
    self.through = through
  }

  /// Restores the log; returns once it would survive a crash of this machine. If its task is
  /// cancelled, it throws and leaves the place as it was.
  package func run(progress: @Sendable (Progress) -> Void = { _ in }) async throws -> Result {
    try checkArchive()
    let place = try RestorePlace(directory)
    let bytes = through == nil ? await source.survey().bytes : nil
    // A row of CBOR takes about half of its JSON, seldom less than a quarter.
    let isJSON = format == .state || format == .sqliteJSON
    try place.begin(expecting: isJSON ? bytes : bytes.map { $0 / 4 })
    do {
      let result = try await write(place.temporary, progress)
      try await readBack(result, place.temporary, progress)
      try place.finish()
      return result
    } catch {
      place.giveUp()
      throw error
    }
  }

  // MARK: - The archive

  private func checkArchive() throws(RestoreError) {
    if manifest.content == .transactions {
      throw RestoreError(
        .refused, "The archive holds transactions, not events: a node cannot start from it.")
    }
    if let part = manifest.part {
      throw RestoreError(
        .refused,
        "The archive holds only a part of the events (\(part)): a node cannot start from it.")
    }
    if let retired = manifest.retiredThrough {
      throw RestoreError(
        .refused,
        "The archive's events through \(retired) were deleted (retain): it does not begin with the "
          + "first event, and a node cannot start from it.")
    }
  }

  // MARK: - Writing

  private func write(
    _ folder: String, _ progress: @Sendable (Progress) -> Void
  ) async throws -> Result {
    let log: any RestoredLog =
      switch format {
      case .state: RestoredFile(in: folder)
      case .sqliteJSON: RestoredDatabase(in: folder, .only(.json))
      case .sqliteCBOR: RestoredDatabase(in: folder, .only(.cbor))
      case nil: RestoredDatabase(in: folder, .asArchived)
      }
    var pass = RestorePass(
      log: log, manifest: manifest, takesCBOR: format != .state && format != .sqliteJSON)
    let reader = source.reader(from: .first)
    let end = through.map { Position(eventId: $0) }
    while let batch = try await reader.next(BatchLimits(), through: end) {
      guard !Task.isCancelled else {
        throw RestoreError(.cancelled, "Stopped: nothing was restored.")
      }
      try pass.add(batch)
      progress(.written(batch.last.eventId))
    }
    var result = try pass.finish(through: through)
    if let database = log as? RestoredDatabase {
      result.format = database.rows == .cbor ? .sqliteCBOR : .sqliteJSON
      result.jsonThrough = database.rows == .cbor ? database.jsonThrough : nil
    }
    return result
  }

  /// Reads the written log like any log: each line, each row.
  private func readBack(
    _ result: Result, _ folder: String, _ progress: @Sendable (Progress) -> Void
  ) async throws {
    let written = PersistenceDirectory(path: folder)
    let reader = written.reader(from: .first)
    var count: UInt64 = 0
    var last: Position?
    while let batch = try await reader.next(BatchLimits(), through: nil) {
      guard !Task.isCancelled else {
        throw RestoreError(.cancelled, "Stopped: nothing was restored.")
      }
      count += UInt64(batch.entries.count)
      last = batch.last
      progress(.readBack(batch.last.eventId))
    }
    let torn = try written.tornLines()
    guard count == result.events, last == result.last, torn.isEmpty else {
      let line =
        torn.first.map { "; \($0.file) has a line that is not an event at \($0.offset)" } ?? ""
      throw RestoreError(
        .refused,
        "\(result.events) events were restored, but reading them back gave \(count)\(line): the "
          + "archive is damaged, see `hydra-sinks verify NAME`. Nothing was restored.")
    }
  }
}
