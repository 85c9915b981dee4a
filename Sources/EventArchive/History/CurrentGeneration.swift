package import EventPersistence
internal import Synchronization

/// The generation of an archive that its driver stores now; a later look may find the next one.
///
/// An object is read from the generation that listed it.
package final class CurrentGeneration: ArchiveStorage {
  private let number: @Sendable () throws(SourceError) -> Int
  private let open: @Sendable (Int) throws(SourceError) -> any ArchiveStorage
  private let opened = Mutex<[Int: any ArchiveStorage]>([:])
  private let name: String

  /// - Parameters:
  ///   - name: of the archive, as long as its state cannot be read.
  ///   - number: which generation that is.
  ///   - open: the archive of a generation, which stays open.
  package init(
    _ name: String, number: @escaping @Sendable () throws(SourceError) -> Int,
    open: @escaping @Sendable (Int) throws(SourceError) -> any ArchiveStorage
  ) {
    self.name = name
    self.number = number
    self.open = open
  }

  package var place: String { (try? storage(number()).place) ?? name }

  package func manifest() async throws(SourceError) -> ArchiveManifest {
    try await storage(number()).manifest()
  }

  package func objects() async throws(SourceError) -> [ArchiveObject] {
    let generation = try number()
    return try await storage(generation).objects().map { object in
      var object = object
      object.generation = generation
      return object
    }
  }

  package func read(_ object: ArchiveObject) async throws(SourceError) -> ArchiveContents {
    try await storage(object.generation).read(object)
  }

  package func generations() async throws(SourceError) -> [Int] {
    try await storage(number()).generations()
  }

  package func setAsideCount() async throws(SourceError) -> Int? {
    try await storage(number()).setAsideCount()
  }

  package func changeToken() async -> ChangeToken {
    guard let generation = try? number(), let storage = try? storage(generation) else {
      return ChangeToken([])
    }
    var token = await storage.changeToken()
    token.words.append(UInt64(generation))
    return token
  }

  private func storage(_ generation: Int) throws(SourceError) -> any ArchiveStorage {
    if let known = opened.withLock({ $0[generation] }) { return known }
    let storage = try open(generation)
    return opened.withLock { opened in
      if let known = opened[generation] { return known }
      opened[generation] = storage
      return storage
    }
  }
}
