import Compression
import EventArchive
import EventPersistence

/// The bytes of a batch's object: its lines, compressed. The same batch always gives the same
/// bytes.
struct BatchObject {
  let content: S3Manifest.Content
  let compression: Compression

  func bytes(of batch: EventBatch) -> [UInt8] {
    switch content {
    case .events:
      let ranges = batch.lineRanges
      if ranges.count == 1 {
        return compression.pack(UnsafeRawBufferPointer(rebasing: batch.buffer.bytes[ranges[0]]))
      }
      var lines: [UInt8] = []
      lines.reserveCapacity(ranges.reduce(0) { $0 + $1.count })
      for range in ranges { lines.append(contentsOf: batch.buffer.bytes[range]) }
      return packed(lines)
    case .transactions:
      var lines: [UInt8] = []
      lines.reserveCapacity(batch.byteCount)
      for entry in batch.entries {
        batch.withBytes(of: entry) {
          TransactionLine.append($0, of: entry.position, to: &lines)
        }
      }
      return packed(lines)
    }
  }

  /// The lines of the batch's entries.
  func lines(of batch: EventBatch) -> [ArchiveLine] {
    guard content == .transactions else { return batch.entries.map { ArchiveLine($0, of: batch) } }
    return batch.entries.map { entry in
      var line: [UInt8] = []
      batch.withBytes(of: entry) { TransactionLine.append($0, of: entry.position, to: &line) }
      return ArchiveLine(EventBuffer(line), 0..<line.count - 1, position: entry.position)
    }
  }

  /// Lines in the form of an object.
  func packed(_ lines: [ArchiveLine]) -> [UInt8] {
    var joined: [UInt8] = []
    joined.reserveCapacity(lines.reduce(0) { $0 + $1.range.count + 1 })
    for line in lines {
      joined += line.bytes
      joined.append(0x0A)
    }
    // No bytes at all are compressed like a batch without lines.
    return packed(joined)
  }

  private func packed(_ lines: [UInt8]) -> [UInt8] {
    if compression == .none { return lines }
    return lines.withUnsafeBytes { compression.pack($0) }
  }

  var contentType: String {
    switch compression {
    case .none: "application/x-ndjson"
    case .zstd: "application/zstd"
    case .gzip: "application/gzip"
    }
  }
}
