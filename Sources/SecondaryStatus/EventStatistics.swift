package import EventPersistence

/// What fills a log: the events of each tag, counted.
package struct EventStatistics: Sendable, Hashable, Encodable {
  package struct Tag: Sendable, Hashable, Encodable {
    /// Null for events without one.
    @Nullable package var tag: String?
    package var count: UInt64 = 0
    /// Of JSON, without line feeds.
    package var bytes: UInt64 = 0
    package var largestBytes: UInt64 = 0
    package var largestEventId: UInt64 = 0
    /// Of all bytes, from 0 to 1.
    package var share = 0.0

    fileprivate mutating func add(_ length: UInt64, eventId: UInt64) {
      count += 1
      bytes += length
      guard length > largestBytes else { return }
      largestBytes = length
      largestEventId = eventId
    }
  }

  package private(set) var events: UInt64 = 0
  package private(set) var bytes: UInt64 = 0
  @Nullable package private(set) var firstEventId: UInt64?
  @Nullable package private(set) var lastEventId: UInt64?
  /// The largest first.
  package var tags: [Tag] {
    counted.map { tag in
      var tag = tag
      tag.share = bytes > 0 ? (Double(tag.bytes) / Double(bytes) * 10_000).rounded() / 10_000 : 0
      return tag
    }.sorted { ($0.bytes, $1.tag ?? "") > ($1.bytes, $0.tag ?? "") }
  }

  private var counted: [Tag] = []
  /// Of each tag its index in `counted`.
  private var places: [String?: Int] = [:]

  /// The most tags that are counted apart; a node has about forty. Further ones are counted as one.
  private static let tagsMax = 1000
  private static let others = "(other tags)"

  package init() {
    firstEventId = nil
    lastEventId = nil
  }

  package mutating func count(_ batch: EventBatch) {
    guard let first = batch.entries.first, let last = batch.entries.last else { return }
    if firstEventId == nil { firstEventId = first.position.eventId }
    lastEventId = last.position.eventId
    var known = [Int](repeating: -1, count: Self.knownMax)
    for entry in batch.entries {
      let length = UInt64(entry.length)
      events += 1
      bytes += length
      let tag = entry.position.tag
      // Most tags are found by their first letter and their length: to hash them would be the most of
      // what counting an event takes.
      let slot = (tag.map { $0.utf8.count * 7 + Int($0.utf8.first ?? 0) } ?? 0) % Self.knownMax
      if known[slot] < 0 || counted[known[slot]].tag != tag { known[slot] = place(of: tag) }
      counted[known[slot]].add(length, eventId: entry.position.eventId)
    }
  }

  /// How many tags of a batch are found without their hashes.
  private static let knownMax = 64

  private mutating func place(of tag: String?) -> Int {
    if let place = places[tag] { return place }
    guard places.count < Self.tagsMax || tag == Self.others else { return place(of: Self.others) }
    places[tag] = counted.count
    counted.append(Tag(tag: tag))
    return counted.count - 1
  }

  private enum CodingKeys: String, CodingKey { case events, bytes, firstEventId, lastEventId, tags }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(events, forKey: .events)
    try container.encode(bytes, forKey: .bytes)
    try container.encode(_firstEventId, forKey: .firstEventId)
    try container.encode(_lastEventId, forKey: .lastEventId)
    try container.encode(tags, forKey: .tags)
  }
}
