public import EventArchive
public import EventPersistence
internal import Foundation

/// Writes a persistence directory that a node can start from, out of an archive of all its events.
///
/// It is written beside its place, or in a hidden folder within it where that is there, read back, and renamed
/// into it, so that what is broken off leaves nothing that a node would start from. Where the node rotated its
/// log, it is rotated here too: the live part begins with the last `Checkpoint`, what is before it stands in
/// the node's own archives. A batch of events is in memory, and what the archive's reader holds.
public struct Restoration: Sendable {
  public enum Format: String, Sendable, CaseIterable {
    /// `state`, of nodes up to 2.0.
    case state
    /// `hydra.db` with JSON, of nodes from 2.1 on.
    case sqliteJSON = "sqlite-json"
  }

  public struct Result: Sendable, Hashable {
    public var events: UInt64
    public var last: Position
    /// How often the log was rotated.
    public var rotations: Int
  }

  /// How far it has come.
  public enum Progress: Sendable, Hashable {
    /// Through this id.
    case written(UInt64)
    /// What was written is being read, through this id.
    case readBack(UInt64)
  }

  private let source: any EventSource
  private let manifest: ArchiveManifest
  private let directory: String
  private let format: Format
  private let through: UInt64?

  /// - Parameters:
  ///   - source: what `manifest` is of.
  ///   - directory: an absolute path of nothing, or of an empty folder; what is above it must be there.
  ///   - through: the last id, twins included; nil: all.
  public init(
    _ source: any EventSource, _ manifest: ArchiveManifest, to directory: String, format: Format,
    through: UInt64? = nil
  ) {
    self.source = source
    self.manifest = manifest
    self.directory = directory
    self.format = format
    self.through = through
  }

  /// Restores, and returns once it would survive a crash of this machine. A task that is cancelled ends it,
  /// and leaves the place as it was.
  public func run(progress: @Sendable (Progress) -> Void = { _ in }) async throws -> Result {
    try checkArchive()
    let place = try RestorePlace(directory)
    try place.begin(expecting: through == nil ? await source.survey().bytes : nil)
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

  // MARK: - What must be so

  private func checkArchive() throws(RestoreError) {
    if manifest.content == .transactions {
      throw RestoreError(
        .refused, "The archive holds transactions, not events: a node cannot start from it.")
    }
    if let part = manifest.part {
      throw RestoreError(
        .refused, "The archive holds a part of the events (\(part)): a node cannot start from it.")
    }
    if let retired = manifest.retiredThrough {
      throw RestoreError(
        .refused,
        "The archive's events through \(retired) were let go of (retain): what is left begins behind the "
          + "first, and a node cannot start from it.")
    }
  }

  // MARK: - Writing

  private func write(
    _ folder: String, _ progress: @Sendable (Progress) -> Void
  ) async throws -> Result {
    let log: any RestoredLog =
      switch format {
      case .state: RestoredFile(in: folder)
      case .sqliteJSON: RestoredDatabase(in: folder)
      }
    var pass = RestorePass(log: log, manifest: manifest)
    let reader = source.reader(from: .first)
    let end = through.map { Position(eventId: $0) }
    while let batch = try await reader.next(BatchLimits(), through: end) {
      guard !Task.isCancelled else {
        throw RestoreError(.cancelled, "Stopped: nothing was restored.")
      }
      try pass.add(batch)
      progress(.written(batch.last.eventId))
    }
    return try pass.finish(through: through)
  }

  /// What was written is read as any log is: each line, each row.
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
      let line = torn.first.map { "; \($0.file) has a line that is no event at \($0.offset)" } ?? ""
      throw RestoreError(
        .refused,
        "\(result.events) events were restored, and reading them back gave \(count)\(line): the archive is "
          + "damaged, see hydra-sinks verify. Nothing was restored.")
    }
  }
}
