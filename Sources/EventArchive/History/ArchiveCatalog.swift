import EventPersistence

/// An archive that is looked at again and again while its driver stores into it: what was listed
/// and read last is kept for a few seconds.
///
/// Its beginning hardly changes, and its end only grows. So a listing that is some seconds old names
/// the right objects, except perhaps the last; an object that is gone makes it list them again. Kept
/// are the listing (about a hundred bytes per object) and one unpacked object.
actor ArchiveCatalog: ArchiveStorage {
  nonisolated let place: String

  private let storage: any ArchiveStorage
  private let clock: DriverClock

  private var described: (manifest: ArchiveManifest, at: Duration)?
  private var listed: (listing: ArchiveListing, at: Duration)?
  private var lastRead: (object: ArchiveObject, contents: ArchiveContents, at: Duration)?

  /// How long what was seen is used.
  static let kept = Duration.seconds(5)

  init(_ storage: any ArchiveStorage, clock: DriverClock = .system) {
    self.storage = storage
    self.clock = clock
    place = storage.place
  }

  /// The next listing is a new one, unless the last was made within a second.
  func refresh() {
    if let listed, clock.now - listed.at >= .seconds(1) { self.listed = nil }
  }

  func manifest() async throws(SourceError) -> ArchiveManifest {
    if let described, isFresh(described.at) { return described.manifest }
    let manifest = try await storage.manifest()
    described = (manifest, clock.now)
    return manifest
  }

  func objects() async throws(SourceError) -> [ArchiveObject] { try await storage.objects() }

  func listing() async throws(SourceError) -> ArchiveListing {
    if let listed, isFresh(listed.at) { return listed.listing }
    let listing = try await storage.listing()
    listed = (listing, clock.now)
    return listing
  }

  func read(_ object: ArchiveObject) async throws(SourceError) -> ArchiveContents {
    if let lastRead, lastRead.object == object, isFresh(lastRead.at) { return lastRead.contents }
    let contents = try await storage.read(object)
    switch contents {
    case .lines:
      // One that is appended to may have grown at the next look.
      if !object.isOpen { lastRead = (object, contents, clock.now) }
    case .gone: listed = nil
    case .damaged: break
    }
    return contents
  }

  func generations() async throws(SourceError) -> [Int] { try await storage.generations() }

  func setAsideCount() async throws(SourceError) -> Int? { try await storage.setAsideCount() }

  func changeToken() async -> ChangeToken { await storage.changeToken() }

  private func isFresh(_ time: Duration) -> Bool { clock.now - time < Self.kept }
}
