import Compression
import EventPersistence

/// The bytes of a batch's object: its lines, packed. The same batch always gives the same bytes.
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
