import Compression
internal import EventArchive
import EventArchive
import EventPersistence

/// An object of the bucket that holds events of an incoming batch, with its content.
struct HeldObject {
  let day: String
  let name: BatchName
  let key: String
  /// Empty if it cannot be unpacked. A position outside the range of its name is ignored.
  let lines: [ArchiveLine]
  /// Whether it could be unpacked and its end is not torn.
  private let isWhole: Bool
  /// Whether, in addition, each of its lines names its event.
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

  /// Its lines through that of `position`; if that is missing, through the last of a lower id.
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

  /// Whether, by the ids, it begins before `other` and reaches into it.
  func reachesInto(_ other: BatchName) -> Bool {
    begins(before: other)
      && (lastId > other.firstId || lastId == other.firstId && other.ordinal == 0)
  }

  /// Whether, by the ids, it begins within `other`, which has `sharedIds` events of its last id: an
  /// object that begins with a further event of that id is the batch after it.
  func begins(within other: BatchName, sharedIds: Int) -> Bool {
    guard self != other, !begins(before: other) else { return false }
    if begins(with: other) || firstId < other.lastId { return true }
    let ordinalsBefore = other.firstId == other.lastId ? other.ordinal : 0
    return firstId == other.lastId && ordinal < ordinalsBefore + sharedIds
  }
}
