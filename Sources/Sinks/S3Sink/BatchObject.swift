import Compression
import EventArchive
import EventPersistence

/// The bytes of a batch's object: its lines, compressed. The same batch always gives the same
/// bytes.
struct BatchObject {
  let content: S3Manifest.Content
  let compression: Compression

  func payload(of batch: EventBatch) -> Payload {
    switch content {
    case .events:
      let ranges = batch.lineRanges
      let parts = ranges.map { UnsafeRawBufferPointer(rebasing: batch.buffer.bytes[$0]) }
      guard parts.count == 1 else { return packed(EventBuffer(joining: parts)) }
      return compression == .none
        ? Payload(batch.buffer, at: ranges[0]) : Payload(compression.pack(parts[0]))
    case .transactions:
      var lines: [UInt8] = []
      lines.reserveCapacity(batch.byteCount)
      for entry in batch.entries {
        batch.withBytes(of: entry) {
          TransactionLine.append($0, of: entry.position, to: &lines)
        }
      }
      return packed(EventBuffer(lines))
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
  func packed(_ lines: [ArchiveLine]) -> Payload {
    let joined = EventBuffer(capacity: lines.reduce(0) { $0 + $1.range.count + 1 })
    for line in lines {
      joined.append(line.bytes)
      joined.append(byte: 0x0A)
    }
    // No bytes at all are compressed like a batch without lines.
    return packed(joined)
  }

  private func packed(_ lines: EventBuffer) -> Payload {
    compression == .none ? Payload(lines) : Payload(compression.pack(lines.bytes))
  }

  var contentType: String {
    switch compression {
    case .none: "application/x-ndjson"
    case .zstd: "application/zstd"
    case .gzip: "application/gzip"
    }
  }
}
