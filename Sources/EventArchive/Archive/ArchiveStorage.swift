public import EventPersistence

/// Where an archive's objects lie: a folder, a bucket. What reads it back is the same for all
/// (`ArchiveSource`).
///
/// Nothing is taken and nothing is changed: the archive may be a driver's, who goes on storing.
public protocol ArchiveStorage: Sendable {
  /// The archive, as a sentence names it: a path, a bucket with its prefix.
  var place: String { get }

  /// What the archive says of itself in `hydra-sinks.json`.
  ///
  /// - Throws: `missing` where no archive is there; `unsupported`, with its number, where a later version
  ///   made it; `unreadable` where that file is damaged, or is missing beside objects.
  func manifest() async throws(SourceError) -> ArchiveManifest

  /// All objects, in any order; what was set aside is none of them.
  func objects() async throws(SourceError) -> [ArchiveObject]

  /// What one object holds, unpacked.
  ///
  /// - Throws: where the storage cannot be asked; an object that was asked for and is damaged or gone is an
  ///   answer.
  func read(_ object: ArchiveObject) async throws(SourceError) -> ArchiveContents

  /// How many objects were set aside; nil where nobody knows.
  func setAsideCount() async throws(SourceError) -> Int?

  /// A value that differs whenever the archive may have changed since another was asked for.
  func changeToken() async -> ChangeToken
}

/// What reading an object came to.
public enum ArchiveContents: Sendable {
  /// JSON lines, each with its line feed but perhaps the last.
  case lines(EventBuffer)
  /// With what is wrong: a clause that goes on from the object's name.
  case damaged(String)
  /// It was there when the objects were listed, and is not any more.
  case gone
}

/// What an archive says of itself, as far as a reader needs it.
public struct ArchiveManifest: Sendable, Hashable {
  public enum Content: String, Sendable, Hashable {
    /// A line is an event.
    case events
    /// A line tells of a transaction that was applied.
    case transactions
  }

  public var schema: Int
  public var content: Content
  /// Whether it was begun for a part of the events: which, in words; nil where all are stored.
  public var part: String?
  /// The lowest id of an event whose JSON was made out of another form (a CBOR row); nil: none was.
  public var derivedFrom: UInt64?
  /// Through this id, lines were stored that had no id in the log, and were wrapped with it; nil: none.
  public var bareThrough: UInt64?
  /// Everything through this id was let go of on purpose (`retain`); nil: nothing was.
  public var retiredThrough: UInt64?
  /// Of events with one id, only the last is kept.
  public var keepsLastOfId = false

  public init(
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
public struct ArchiveObject: Sendable, Hashable {
  /// What the storage knows it by, relative to the archive.
  public var key: String
  /// As its name says.
  public var firstId: UInt64
  /// As its name says; nil where the name does not.
  public var lastId: UInt64?
  /// How many events of `firstId` stand before it in the log.
  public var ordinal: Int
  /// As stored, packed or not; nil where the listing does not tell.
  public var byteCount: UInt64?
  /// Whether it is being appended to: its last line may be there in part.
  public var isOpen: Bool

  public init(
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
  /// Log order; of those that begin with the same event the longest first.
  public static func < (left: ArchiveObject, right: ArchiveObject) -> Bool {
    if left.firstId != right.firstId { return left.firstId < right.firstId }
    if left.ordinal != right.ordinal { return left.ordinal < right.ordinal }
    if left.lastId != right.lastId { return left.lastId ?? .max > right.lastId ?? .max }
    return left.key < right.key
  }
}
