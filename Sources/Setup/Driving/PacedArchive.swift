internal import EventArchive
internal import EventPersistence

/// An archive that is read slowly, for a comparison that nobody waits for: after each object it rests
/// nine times as long as the work since the last one took, so that nine tenths of a core, a disk, and
/// a network are left to the node and the drivers.
actor PacedArchive: ArchiveStorage {
  private let archive: any ArchiveStorage
  private var restedAt: ContinuousClock.Instant?

  private static let restShare = 9
  private static let restMax = Duration.seconds(30)

  init(_ archive: any ArchiveStorage) { self.archive = archive }

  nonisolated var place: String { archive.place }

  func generations() async throws(SourceError) -> [Int] { try await archive.generations() }
  func manifest() async throws(SourceError) -> ArchiveManifest { try await archive.manifest() }
  func objects() async throws(SourceError) -> [ArchiveObject] { try await archive.objects() }
  func setAsideCount() async throws(SourceError) -> Int? { try await archive.setAsideCount() }
  func changeToken() async -> ChangeToken { await archive.changeToken() }

  func read(_ object: ArchiveObject) async throws(SourceError) -> ArchiveContents {
    if let restedAt {
      let worked = ContinuousClock.now - restedAt
      // Cancelled, it goes on at once to the end.
      try? await Task.sleep(for: min(worked * Self.restShare, Self.restMax))
    }
    restedAt = .now
    return try await archive.read(object)
  }
}
