internal import CNATS
internal import EventPersistence

/// The headers of an event's message.
enum EventHeader {
  static let id = "Hydra-Event-Id"
  static let generation = "Hydra-Generation"
  static let node = "Hydra-Node"
  static let tag = "Hydra-Tag"
  static let time = "Hydra-Time"
  /// The id of the head that the node is in, if subjects name it.
  static let head = "Hydra-Head"
  /// How often the node's log went back on what was published, plus one; missing: never.
  static let revision = "Hydra-Revision"
  /// Of a later revision: messages behind this sequence and before the revision do not count.
  static let keptThrough = "Hydra-Kept-Through"
  /// Of a message without a body: the event's size, its SHA-256 and where it can be read.
  static let bytes = "Hydra-Bytes"
  static let digest = "Hydra-SHA-256"
  static let log = "Hydra-Log"
  /// How the JSON was made, if it is not byte for byte the node's line.
  static let form = "Hydra-Form"
  static let derived = "derived"
  static let wrapped = "wrapped"
  static let messageId = "Nats-Msg-Id"

  /// What an event's name begins with: node, and generation (with the revision where there is a
  /// second). Its id follows, and how many events of that id precede it.
  static func eventPrefix(node: String, generation: Int, revision: Int) -> String {
    "\(node)/\(generation)" + (revision > 1 ? ".\(revision)/" : "/")
  }
}

/// A message of the stream, as it was stored.
struct StoredMessage {
  var sequence: UInt64
  var subject: String
  /// When the stream stored it; nil if the server does not say.
  var storedAt: EventTime?
  /// Nil if hydra-sinks did not publish it.
  var event: Event?
  /// Nil: published without its body.
  var body: [UInt8]?

  struct Event: Equatable {
    var node: String
    var generation: Int
    var revision: Int
    var keptThrough: UInt64?
    var position: Position
    var form: String?
    var head: String?
  }

  init(_ message: OpaquePointer, sequence: UInt64) {
    self.sequence = sequence
    subject = natsMsg_GetSubject(message).map { String(cString: $0) } ?? ""
    let nanoseconds = natsMsg_GetTime(message)
    if nanoseconds > 0 {
      storedAt = EventTime(
        seconds: nanoseconds / 1_000_000_000, picoseconds: nanoseconds % 1_000_000_000 * 1000)
    }
    event = Event(message)
    if Self.header(EventHeader.bytes, of: message) == nil {
      body = [UInt8](
        UnsafeRawBufferPointer(
          start: natsMsg_GetData(message), count: Int(natsMsg_GetDataLength(message))))
    }
  }

  static func header(_ name: String, of message: OpaquePointer) -> String? {
    var value: UnsafePointer<CChar>?
    guard natsMsgHeader_Get(message, name, &value) == NATS_OK, let value else { return nil }
    return String(cString: value)
  }
}

extension StoredMessage.Event {
  init?(_ message: OpaquePointer) {
    func header(_ name: String) -> String? { StoredMessage.header(name, of: message) }
    guard let node = header(EventHeader.node), let id = header(EventHeader.id).flatMap(Position.id),
      let generation = header(EventHeader.generation).flatMap({ Int($0) }), generation > 0
    else { return nil }
    self.node = node
    self.generation = generation
    revision = header(EventHeader.revision).flatMap { Int($0) } ?? 1
    keptThrough = header(EventHeader.keptThrough).flatMap { UInt64($0) }
    position = Position(
      eventId: id, tag: header(EventHeader.tag),
      time: header(EventHeader.time).flatMap { EventTime($0) })
    form = header(EventHeader.form)
    head = header(EventHeader.head)
  }
}
