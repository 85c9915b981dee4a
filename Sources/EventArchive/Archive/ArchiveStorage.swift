package import EventPersistence

/// Where an archive's objects are: a folder, a bucket. `ArchiveSource` reads all of them in the
/// same way.
///
/// It takes no lock and changes nothing: a driver may own the archive and continue to store.
package protocol ArchiveStorage: Sendable {
  /// The archive's name for a message: a path, a bucket with its prefix.
  var place: String { get }

  /// The generations that lie in the same folder or bucket, rising; this is one of them.
  func generations() async throws(SourceError) -> [Int]

  /// What the archive says about itself in `hydra-sinks.json`.
  ///
  /// - Throws: `missing` if there is no archive; `unsupported`, with the number, if a later version
  ///   made it; `damaged` if that file is, or is missing although there are objects; `unreadable` if
  ///   the storage cannot be asked.
  func manifest() async throws(SourceError) -> ArchiveManifest

  /// All objects, in any order, except those that were set aside.
  func objects() async throws(SourceError) -> [ArchiveObject]

  /// The same in log order.
  func listing() async throws(SourceError) -> ArchiveListing

  /// The content of one object, unpacked.
  ///
  /// - Throws: if the storage cannot be asked. An object that is damaged or gone is not an error
  ///   here but an answer.
  func read(_ object: ArchiveObject) async throws(SourceError) -> ArchiveContents

  /// How many objects were set aside; nil if that is not known.
  func setAsideCount() async throws(SourceError) -> Int?

  /// A value that differs whenever the archive may have changed since the last call.
  func changeToken() async -> ChangeToken
}

extension ArchiveStorage {
  package func listing() async throws(SourceError) -> ArchiveListing {
    ArchiveListing(try await objects())
  }
}

extension SourceError {
  /// Tells an archive that is wrong from one that could not be looked at.
  package init(readingArchive error: SinkError) {
    let kind: Kind =
      switch error.finding {
      case .none: .unreadable
      case .damaged: .damaged(next: nil)
      case .unsupported: .unsupported
      }
    self.init(kind, error.message)
  }
}

/// The outcome of reading an object.
package enum ArchiveContents: Sendable {
  /// JSON lines, each with its line feed except perhaps the last.
  case lines(EventBuffer)
  /// With the reason: a clause that continues the object's name.
  case damaged(String)
  /// It was in the list of objects, but no longer exists.
  case gone
}

/// What a reader needs to know about an archive.
package struct ArchiveManifest: Sendable, Hashable {
  package enum Content: String, Sendable, Hashable {
    /// A line is an event.
    case events
    /// A line describes a transaction that was applied.
    case transactions
  }

  package var schema: Int
  package var content: Content
  /// Which part of the events the archive was begun for, in words; nil if all are stored.
  package var part: String?
  /// The lowest id of an event whose JSON was made from another form (a CBOR row); nil: none was.
  package var derivedFrom: UInt64?
  /// Through this id, lines without an id in the log were stored, and wrapped with one; nil: none.
  package var bareThrough: UInt64?
  /// Everything through this id was deleted on purpose (`retain`); nil: nothing was.
  package var retiredThrough: UInt64?
  /// Of events with one id, only the last is kept.
  package var keepsLastOfId = false

  package init(
    schema: Int, content: Content = .events, part: String? = nil, derivedFrom: UInt64? = nil,
    retiredThrough: UInt64? = nil
  ) {
    self.schema = schema
    self.content = content
    self.part = part
    self.derivedFrom = derivedFrom
    self.retiredThrough = retiredThrough
  }
}

/// One stored batch: a segment file, an object in a bucket.
package struct ArchiveObject: Sendable, Hashable {
  /// Its name in the storage, relative to the archive.
  package var key: String
  /// According to its name.
  package var firstId: UInt64
  /// According to its name; nil if the name does not have it.
  package var lastId: UInt64?
  /// How many events of `firstId` precede it in the log.
  package var ordinal: Int
  /// As stored, packed or not; nil if the listing does not have it.
  package var byteCount: UInt64?
  /// Whether it is still appended to: its last line may be incomplete.
  package var isOpen: Bool
  /// Of which generation, where a storage has several.
  package var generation = 1

  package init(
    key: String, firstId: UInt64, lastId: UInt64?, ordinal: Int, byteCount: UInt64? = nil,
    isOpen: Bool = false
  ) {
    self.key = key
    self.firstId = firstId
    self.lastId = lastId
    self.ordinal = ordinal
    self.byteCount = byteCount
    self.isOpen = isOpen
  }
}

extension ArchiveObject: Comparable {
  /// Log order; of objects that begin with the same event, the longest first.
  package static func < (left: ArchiveObject, right: ArchiveObject) -> Bool {
    if left.firstId != right.firstId { return left.firstId < right.firstId }
    if left.ordinal != right.ordinal { return left.ordinal < right.ordinal }
    if left.lastId != right.lastId { return left.lastId ?? .max > right.lastId ?? .max }
    return left.key < right.key
  }
}
