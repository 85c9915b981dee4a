internal import CNATS
internal import CSodium
internal import EventPersistence

/// Writes events as messages: the JSON as it is, and headers that name the event.
struct MessageWriter {
  /// What the headers have at most, with a tag and a node's name of usual length.
  static let headersBytesMax = 1024

  private let options: JetStreamOptions
  private let revision: Int
  private let keptThrough: UInt64?

  init(_ options: JetStreamOptions, revision: Int, _ keptThrough: UInt64?) {
    self.options = options
    self.revision = revision
    self.keptThrough = keptThrough
  }

  /// Hands the event to the client, behind the message with the sequence `expected`.
  func hand(
    _ entry: EventBatch.Entry, of batch: EventBatch, expecting expected: UInt64, ordinal: Int,
    head: String?, withoutBody: Bool, to connection: JetStreamConnection
  ) throws(SinkError) {
    let position = entry.position
    var headers = [
      EventHeader.messageId,
      EventHeader.messageId(
        node: options.node, generation: options.generation, revision: revision,
        id: position.eventId, ordinal: ordinal),
      CNATS_EXPECTED, String(expected),
      EventHeader.node, options.node,
      EventHeader.generation, String(options.generation),
      EventHeader.id, String(position.eventId),
    ]
    if let tag = position.tag, Self.isLine(tag) { headers += [EventHeader.tag, tag] }
    if let head, Self.isLine(head) { headers += [EventHeader.head, head] }
    if let time = position.time { headers += [EventHeader.time, time.description] }
    if revision > 1 {
      headers += [
        EventHeader.revision, String(revision), EventHeader.keptThrough, String(keptThrough ?? 0),
      ]
    }
    if entry.isDerived { headers += [EventHeader.form, EventHeader.derived] }
    if entry.isWrapped { headers += [EventHeader.form, EventHeader.wrapped] }
    if withoutBody {
      headers += [
        EventHeader.bytes, String(entry.length), EventHeader.digest,
        batch.withBytes(of: entry) { Self.digest($0) }, EventHeader.log,
        "\(options.node)/\(options.generation)/\(position.eventId)",
      ]
    }
    let subject = options.subject.subject(
      node: options.node, generation: options.generation, head: head, tag: position.tag)
    let status = batch.withBytes(of: entry) { bytes in
      Self.withPointers(headers) { pointers in
        cnats_publish(
          connection.context, subject, pointers, bytes.baseAddress,
          withoutBody ? 0 : Int32(bytes.count))
      }
    }
    guard status == NATS_OK else {
      throw connection.failure(of: status, jsErrCode(rawValue: 0))
    }
  }

  /// The texts as zero-terminated strings, and a null behind them.
  private static func withPointers<R>(
    _ texts: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> R
  ) -> R {
    let byteCount = texts.reduce(0) { $0 + $1.utf8.count + 1 }
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: byteCount) { arena in
      withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: texts.count + 1) {
        pointers in
        var offset = 0
        for (index, text) in texts.enumerated() {
          pointers.initializeElement(at: index, to: UnsafePointer(arena.baseAddress! + offset))
          for byte in text.utf8 {
            arena.initializeElement(at: offset, to: CChar(bitPattern: byte))
            offset += 1
          }
          arena.initializeElement(at: offset, to: 0)
          offset += 1
        }
        pointers.initializeElement(at: texts.count, to: nil)
        return body(UnsafePointer(pointers.baseAddress!))
      }
    }
  }

  /// Whether a header can hold the tag as it is. No tag of a node is odd.
  private static func isLine(_ tag: String) -> Bool {
    (1...256).contains(tag.utf8.count) && tag.utf8.allSatisfy { (0x21...0x7E).contains($0) }
  }

  private static func digest(_ bytes: UnsafeRawBufferPointer) -> String {
    var digest = [UInt8](repeating: 0, count: Int(crypto_hash_sha256_BYTES))
    let data = bytes.assumingMemoryBound(to: UInt8.self)
    crypto_hash_sha256(&digest, data.baseAddress, UInt64(data.count))
    let digits = Array("0123456789abcdef")
    return String(digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }
}
