extension Position {
  /// The position that an event's JSON names: its `eventId`, the `tag` of its `stateChanged`, its
  /// `time`.
  ///
  /// One pass over the bytes, at some hundred megabytes a second, without an allocation except for
  /// a long tag. Keys may come in any order. Skipped text is checked only this far: quotes and
  /// brackets close, and strings contain no control character.
  ///
  /// - Returns: Nil if the bytes are not one whole JSON object with an `eventId` of at most
  ///   `idMax`.
  public init?(json bytes: UnsafeRawBufferPointer) {
    var walk = JSONWalk(bytes)
    var eventId: UInt64?
    var tag: String?
    var time: EventTime?
    let isWhole = walk.object { walk, key in
      if walk.text(key, is: "eventId") {
        eventId = walk.number()
        return eventId != nil
      }
      if walk.text(key, is: "time"), let range = walk.string() {
        time = EventTime(utf8: UnsafeRawBufferPointer(rebasing: bytes[range]))
        return true
      }
      if walk.text(key, is: "stateChanged"), walk.isAtObject {
        return walk.object { walk, key in
          guard walk.text(key, is: "tag"), let range = walk.string() else { return walk.skip() }
          tag = String(decoding: bytes[range], as: UTF8.self)
          return true
        }
      }
      return walk.skip()
    }
    guard isWhole, walk.isAtEnd, let eventId, eventId <= Self.idMax else { return nil }
    self.init(eventId: eventId, tag: tag, time: time)
  }
}
