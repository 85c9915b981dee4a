import Compression
internal import EventArchive
import EventArchive
import EventPersistence

/// An object of the bucket that holds events of a batch that comes, with what it holds.
struct HeldObject {
  let day: String
  let name: BatchName
  let key: String
  /// Empty where it cannot be unpacked. A position beyond what the name says is nobody's.
  let lines: [ArchiveLine]
  /// Whether it could be unpacked, and its end is not torn.
  private let isWhole: Bool
  /// Whether, besides, each of its lines tells which event it is.
  var isReadable: Bool { isWhole && lines.allSatisfy { $0.position != nil } }

  init(_ bucket: S3Bucket, day: String, name: BatchName) async throws(SinkError) {
    self.day = day
    self.name = name
    key = bucket.place.key(day: day, name)
    let packed = try await bucket.client.get(key)
    let compression = Compression.allCases.first { $0.suffix == name.suffix }!
    do throws(CompressionError) {
      let buffer = EventBuffer(try compression.unpack(packed, limit: S3Bucket.batchBytesMax))
      let contents = ArchiveLines(
        buffer, span: name.firstId...name.lastId, position: ArchivedLine.position)
      lines = contents.lines
      isWhole = contents.tornBytes == 0
    } catch {
      lines = []
      isWhole = false
    }
  }

  /// The same for a rewriting of the batch `batch`.
  func held(beside batch: BatchName) -> BatchRewriting.Held {
    BatchRewriting.Held(
      begins: name.begins(before: batch) ? .before : name.begins(with: batch) ? .with : .within,
      lines: lines, isWhole: isWhole)
  }

  /// Its lines through that of `position`; where that is not among them, through the last of a lower id.
  func lines(through position: Position) -> [ArchiveLine] {
    let own = lines.lastIndex { $0.position.map { $0.agrees(with: position) } ?? false }
    let lower = lines.lastIndex { $0.position.map { $0.eventId < position.eventId } ?? false }
    return lines[...(own ?? lower ?? -1)].filter { $0.position != nil }
  }
}

extension BatchName {
  func begins(before other: BatchName) -> Bool {
    (firstId, ordinal) < (other.firstId, other.ordinal)
  }

  func begins(with other: BatchName) -> Bool {
    (firstId, ordinal) == (other.firstId, other.ordinal)
  }

  func isShorter(than other: BatchName) -> Bool { begins(with: other) && lastId < other.lastId }

  /// Whether it begins before `other` and reaches into it, as far as the ids tell.
  func reachesInto(_ other: BatchName) -> Bool {
    begins(before: other)
      && (lastId > other.firstId || lastId == other.firstId && other.ordinal == 0)
  }

  /// Whether it begins within `other`, as far as the ids tell, whose last id stands in it `sharedIds` times:
  /// what begins with a further event of that id is the batch after it.
  func begins(within other: BatchName, sharedIds: Int) -> Bool {
    guard self != other, !begins(before: other) else { return false }
    if begins(with: other) || firstId < other.lastId { return true }
    let ordinalsBefore = other.firstId == other.lastId ? other.ordinal : 0
    return firstId == other.lastId && ordinal < ordinalsBefore + sharedIds
  }
}
