public import EventPersistence

/// Events to test with, in the form that a node writes.
public enum SampleEvents {
  /// `count` events with ids from `first` on, a second apart, with `tags` in turn.
  ///
  /// With `sharedIdEach`, two events have each id that is a multiple of it (except 0), as after a
  /// rotation: the second is a `Checkpoint` a millisecond later. `payload` bytes of padding make an
  /// event larger.
  public static func make(
    _ count: Int, first: UInt64 = 0, sharedIdEach: UInt64? = nil, payload: Int = 0,
    tags: [String] = ["TickObserved", "TransactionAppliedToLocalUTxO", "SnapshotConfirmed"]
  ) -> [StateEvent] {
    var events: [StateEvent] = []
    var id = first
    while events.count < count {
      let time = EventTime(seconds: 1_784_109_600 + Int64(id), picoseconds: 123_456_789_012)
      events.append(event(id, tags[Int(id % UInt64(tags.count))], time, payload))
      if let sharedIdEach, id > 0, id % sharedIdEach == 0, events.count < count {
        events.append(event(id, "Checkpoint", time.advanced(bySeconds: 0.001), payload))
      }
      id += 1
    }
    return events
  }

  private static func event(_ id: UInt64, _ tag: String, _ time: EventTime, _ payload: Int)
    -> StateEvent
  {
    let padding = payload > 0 ? "\"padding\":\"\(String(repeating: "x", count: payload))\"," : ""
    let json =
      "{\"eventId\":\(id),\"stateChanged\":{\(padding)\"tag\":\"\(tag)\"},\"time\":\"\(time)\"}"
    return StateEvent(
      position: Position(eventId: id, tag: tag, time: time), json: Array(json.utf8))
  }
}
