public import EventPersistence
internal import Foundation

/// Writes a persistence directory that a node can start from, out of an archive of all its events.
///
/// It is written beside its place, read back, and renamed into it, so that what is broken off leaves nothing
/// that a node would start from. Where the node rotated its log, it is rotated here too: the live part
/// begins with the last `Checkpoint`, what is before it stands in the node's own archives. A batch of events
/// is in memory, and what the archive's reader holds.
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

  private let source: any EventSource
  private let manifest: ArchiveManifest
  private let directory: String
  private let format: Format
  private let through: UInt64?

  /// - Parameters:
  ///   - source: what `manifest` is of.
  ///   - directory: an absolute path; what is above it must be there.
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

  private var temporary: String { "\(directory).restoring" }

  /// Restores, and returns once it would survive a crash of this machine.
  ///
  /// - Parameter progress: is told the last id that was written.
  public func run(progress: @Sendable (UInt64) -> Void = { _ in }) async throws -> Result {
    try checkArchive()
    try checkPlace()
    guard mkdir(temporary, 0o755) == 0 else {
      guard errno == EEXIST else { throw RestoreError.writing(temporary, errno) }
      throw RestoreError(
        .refused,
        "\(temporary) is there: another restore is at work, or one was broken off. If none is, remove it "
          + "(rm -r \(temporary)).")
    }
    do {
      let result = try await write(progress)
      try await readBack(result)
      try Self.synchronise(temporary)
      guard rename(temporary, directory) == 0 else {
        throw RestoreError.writing(directory, errno)
      }
      try Self.synchronise((directory as NSString).deletingLastPathComponent)
      return result
    } catch {
      // Ours, and nothing in it is worth keeping.
      try? FileManager.default.removeItem(atPath: temporary)
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

  private func checkPlace() throws(RestoreError) {
    var status = stat()
    guard lstat(directory, &status) == 0 else {
      guard errno == ENOENT else { throw .writing(directory, errno) }
      return
    }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw RestoreError(.refused, "\(directory) is there and is not a folder: choose another one.")
    }
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: directory) else {
      throw RestoreError(.refused, "\(directory) cannot be looked into: choose another one.")
    }
    if let log = names.sorted().first(where: { $0.hasPrefix("hydra.db") || Self.isLog($0) }) {
      throw RestoreError(
        .refused,
        "\(directory) holds a log (\(log)), which is never written over: choose another one.")
    }
    if let other = names.min() {
      throw RestoreError(
        .refused, "\(directory) is not empty (\(other)): choose another one, or an empty one.")
    }
  }

  private static func isLog(_ name: String) -> Bool {
    name == LogName.archiveFolder || LogName(name) != nil
  }

  // MARK: - Writing

  private func write(_ progress: @Sendable (UInt64) -> Void) async throws -> Result {
    let log: any RestoredLog =
      switch format {
      case .state: RestoredFile(in: temporary)
      case .sqliteJSON: RestoredDatabase(in: temporary)
      }
    var pass = RestorePass(log: log, manifest: manifest)
    let reader = source.reader(from: .first)
    let end = through.map { Position(eventId: $0) }
    while let batch = try await reader.next(BatchLimits(), through: end) {
      guard !Task.isCancelled else {
        throw RestoreError(.cancelled, "Stopped: nothing was restored.")
      }
      try pass.add(batch)
      progress(batch.last.eventId)
    }
    return try pass.finish(through: through)
  }

  /// What was written is read as any log is: each line, each row.
  private func readBack(_ result: Result) async throws {
    let written = PersistenceDirectory(path: temporary)
    let reader = written.reader(from: .first)
    var count: UInt64 = 0
    var last: Position?
    while let batch = try await reader.next(BatchLimits(), through: nil) {
      guard !Task.isCancelled else {
        throw RestoreError(.cancelled, "Stopped: nothing was restored.")
      }
      count += UInt64(batch.entries.count)
      last = batch.last
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

  private static func synchronise(_ path: String) throws(RestoreError) {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .writing(path, errno) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw .writing(path, errno) }
  }
}
