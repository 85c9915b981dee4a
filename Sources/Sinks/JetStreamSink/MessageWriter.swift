internal import CNATS
internal import CSodium
internal import EventPersistence

/// Writes events as messages: the JSON as it is, and headers that name the event.
///
/// What all messages share is written once, and subjects are kept: there are few of them.
struct MessageWriter {
  /// What the headers have at most, with a tag and a node's name of usual length.
  static let headersBytesMax = 1024

  private let options: JetStreamOptions
  /// What the names of all events begin with.
  private let eventPrefix: String
  private var headers = HeaderTexts()
  private let sharedCount: Int
  private var places: [Place: Destination] = [:]

  /// What a subject depends on.
  private struct Place: Hashable {
    var head: String?
    var tag: String?
  }

  private struct Destination {
    var subject: ContiguousArray<CChar>
    /// The tag and the head's id, if headers can hold them.
    var tag: String?
    var head: String?
  }

  /// A node has about forty tags, and one head at a time.
  private static let placesMax = 256

  init(_ options: JetStreamOptions, revision: Int, _ keptThrough: UInt64?) {
    self.options = options
    eventPrefix = EventHeader.eventPrefix(
      node: options.node, generation: options.generation, revision: revision)
    headers.append(EventHeader.node, options.node)
    headers.append(EventHeader.generation, UInt64(options.generation))
    if revision > 1 {
      headers.append(EventHeader.revision, UInt64(revision))
      headers.append(EventHeader.keptThrough, keptThrough ?? 0)
    }
    sharedCount = headers.count
  }

  /// Hands the event to the client, behind the message with the sequence `expected`.
  ///
  /// - Parameter asks: whether the stream is to answer.
  mutating func hand(
    _ entry: EventBatch.Entry, of batch: EventBatch, expecting expected: UInt64, ordinal: Int,
    head: String?, withoutBody: Bool, asks: Bool, to connection: JetStreamConnection
  ) throws(SinkError) {
    let position = entry.position
    let destination = destination(head: head, tag: position.tag)
    headers.keep(first: sharedCount)
    headers.append(EventHeader.messageId, eventPrefix, position.eventId, "/", UInt64(ordinal))
    headers.append(CNATS_EXPECTED, expected)
    headers.append(EventHeader.id, position.eventId)
    if let tag = destination.tag { headers.append(EventHeader.tag, tag) }
    if let head = destination.head { headers.append(EventHeader.head, head) }
    if let time = position.time { headers.append(EventHeader.time, time.description) }
    if entry.isDerived { headers.append(EventHeader.form, EventHeader.derived) }
    if entry.isWrapped { headers.append(EventHeader.form, EventHeader.wrapped) }
    if withoutBody {
      headers.append(EventHeader.bytes, UInt64(entry.length))
      headers.append(EventHeader.digest, batch.withBytes(of: entry) { Self.digest($0) })
      headers.append(
        EventHeader.log, "\(options.node)/\(options.generation)/\(position.eventId)")
    }
    let status = batch.withBytes(of: entry) { bytes in
      destination.subject.withUnsafeBufferPointer { subject in
        headers.withPointers { pointers in
          cnats_publish(
            connection.connection, connection.context, subject.baseAddress, pointers,
            bytes.baseAddress, withoutBody ? 0 : Int32(bytes.count), asks)
        }
      }
    }
    guard status == NATS_OK else {
      throw connection.failure(of: status, jsErrCode(rawValue: 0))
    }
  }

  private mutating func destination(head: String?, tag: String?) -> Destination {
    let place = Place(head: head, tag: tag)
    if let known = places[place] { return known }
    if places.count >= Self.placesMax { places = [:] }
    let subject = options.subject.subject(
      node: options.node, generation: options.generation, head: head, tag: tag)
    let made = Destination(
      subject: ContiguousArray(subject.utf8CString),
      tag: tag.flatMap { Self.isLine($0) ? $0 : nil },
      head: head.flatMap { Self.isLine($0) ? $0 : nil })
    places[place] = made
    return made
  }

  /// Whether a header can hold the text as it is. No tag of a node is odd.
  private static func isLine(_ text: String) -> Bool {
    (1...256).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
  }

  private static func digest(_ bytes: UnsafeRawBufferPointer) -> String {
    var digest = [UInt8](repeating: 0, count: Int(crypto_hash_sha256_BYTES))
    let data = bytes.assumingMemoryBound(to: UInt8.self)
    crypto_hash_sha256(&digest, data.baseAddress, UInt64(data.count))
    let digits = Array("0123456789abcdef")
    return String(digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }
}
