extension Position {
  /// The position that an event's JSON names: its `eventId`, the `tag` of its `stateChanged`, its
  /// `time`.
  ///
  /// It is the position that the log's reader finds: escapes are resolved, and of several members
  /// with one key the first counts.
  ///
  /// One pass over the bytes, at some hundred megabytes a second, without an allocation except for
  /// a long tag or an escape. Keys may come in any order. Skipped text is checked only this far:
  /// quotes and brackets close, and strings contain no control character.
  ///
  /// - Returns: Nil if the bytes are not one whole JSON object with an `eventId` of at most
  ///   `idMax`.
  public init?(json bytes: UnsafeRawBufferPointer) {
    var walk = JSONWalk(bytes)
    var eventId: UInt64?
    var tag: String?
    var time: EventTime?
    var hasTag = false
    var hasTime = false
    var hasChange = false
    let isWhole = walk.object { walk, key in
      if eventId == nil, walk.text(key, is: "eventId") {
        eventId = walk.number()
        return eventId != nil
      }
      if !hasTime, walk.text(key, is: "time") {
        hasTime = true
        return walk.stringOrOther { time = EventTime(utf8: $0) }
      }
      guard !hasChange, walk.text(key, is: "stateChanged") else { return walk.skip() }
      hasChange = true
      guard walk.isAtObject else { return walk.skip() }
      return walk.object { walk, key in
        guard !hasTag, walk.text(key, is: "tag") else { return walk.skip() }
        hasTag = true
        return walk.stringOrOther { tag = String(decoding: $0, as: UTF8.self) }
      }
    }
    guard isWhole, walk.isAtEnd, let eventId, eventId <= Self.idMax else { return nil }
    self.init(eventId: eventId, tag: tag, time: time)
  }
}

extension JSONWalk {
  /// Walks a value of any kind, and passes the text of a string to `body`.
  fileprivate mutating func stringOrOther(_ body: (UnsafeRawBufferPointer) -> Void) -> Bool {
    guard isAtString else { return skip() }
    return string().flatMap { withText($0, body) } != nil
  }
}
