internal import EventArchive
import Compression
import EventPersistence

/// An object of the bucket that holds events of a batch that comes, with what it holds.
struct HeldObject {
  var day: String
  var name: BatchName
  var key: String
  /// Empty where it cannot be unpacked. A position beyond what the name says is nobody's.
  var lines: [BatchMerge.Line]
  /// Whether it could be unpacked, and each of its lines tells which event it is.
  var isReadable: Bool
  /// Its lines, unpacked.
  var bytes: [UInt8]

  init(_ bucket: S3Bucket, day: String, name: BatchName) async throws(SinkError) {
    self.day = day
    self.name = name
    key = bucket.place.key(day: day, name)
    let packed = try await bucket.client.get(key)
    let compression = Compression.allCases.first { $0.suffix == name.suffix }!
    do throws(CompressionError) {
      bytes = try compression.unpack(packed, limit: S3Bucket.batchBytesMax)
    } catch {
      bytes = []
      lines = []
      isReadable = false
      return
    }
    lines = bytes.split(separator: 0x0A).map { line in
      let position = line.withUnsafeBytes { ArchivedLine.position($0) }
      let isOwn = position.map { (name.firstId...name.lastId).contains($0.eventId) } ?? false
      return BatchMerge.Line(position: isOwn ? position : nil, bytes: line)
    }
    isReadable = lines.allSatisfy { $0.position != nil }
  }

  /// Its lines before a batch, of it, and behind it. Of its first and last id, `isOwn` says which of the twins
  /// are the batch's; the others stand before or behind these, as they do here.
  func lines(around batch: ClosedRange<UInt64>, isOwn: (Position) -> Bool)
    -> (before: [BatchMerge.Line], within: [BatchMerge.Line], behind: [BatchMerge.Line])
  {
    var (before, within, behind): ([BatchMerge.Line], [BatchMerge.Line], [BatchMerge.Line]) =
      ([], [], [])
    for line in lines {
      guard let position = line.position else { continue }
      let id = position.eventId
      let isForeign = (id == batch.lowerBound || id == batch.upperBound) && !isOwn(position)
      if id < batch.lowerBound || isForeign && id == batch.lowerBound && within.isEmpty {
        before.append(line)
      } else if id > batch.upperBound || isForeign && id == batch.upperBound {
        behind.append(line)
      } else {
        within.append(line)
      }
    }
    return (before, within, behind)
  }

  /// Its lines through that of `position`; where that is not among them, through the last of a lower id.
  func lines(through position: Position) -> [BatchMerge.Line] {
    let own = lines.lastIndex { $0.position.map { $0.agrees(with: position) } ?? false }
    let lower = lines.lastIndex { $0.position.map { $0.eventId < position.eventId } ?? false }
    return lines[...(own ?? lower ?? -1)].filter { $0.position != nil }
  }
}

extension BatchName {
  /// Whether it begins before `other` and reaches into it, as far as the ids tell.
  func reachesInto(_ other: BatchName) -> Bool {
    (firstId, ordinal) < (other.firstId, other.ordinal)
      && (lastId > other.firstId || lastId == other.firstId && other.ordinal == 0)
  }

  /// Whether it begins within `other`, as far as the ids tell, whose last id stands in it `twins` times: what
  /// begins with a further twin of that is the batch behind it.
  func begins(within other: BatchName, sharedIds: Int) -> Bool {
    guard self != other, (firstId, ordinal) >= (other.firstId, other.ordinal) else { return false }
    if (firstId, ordinal) == (other.firstId, other.ordinal) || firstId < other.lastId { return true }
    let ordinalsBefore = other.firstId == other.lastId ? other.ordinal : 0
    return firstId == other.lastId && ordinal < ordinalsBefore + sharedIds
  }
}
