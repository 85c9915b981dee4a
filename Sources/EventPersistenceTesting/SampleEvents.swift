public import EventPersistence

/// Events to test with, in the form that a node writes.
public enum SampleEvents {
  /// `count` events with ids from `first` on, a second apart, with `tags` in turn.
  ///
  /// With `sharedIdEach`, two events have each id that is a multiple of it (except 0), as after a
  /// rotation: the second is a `Checkpoint` a millisecond later. `payload` bytes of padding make an
  /// event larger. A log that begins anew is `secondsLater` than the one before it.
  public static func make(
    _ count: Int, first: UInt64 = 0, sharedIdEach: UInt64? = nil, payload: Int = 0,
    clockSetBackAt: UInt64? = nil, secondsLater: Int64 = 0,
    tags: [String] = ["TickObserved", "TransactionAppliedToLocalUTxO", "SnapshotConfirmed"]
  ) -> [StateEvent] {
    var events: [StateEvent] = []
    var id = first
    while events.count < count {
      let setBack: Int64 = clockSetBackAt.map { id >= $0 } ?? false ? 20 : 0
      let time = EventTime(
        seconds: 1_784_109_600 + Int64(id) - setBack + secondsLater, picoseconds: 123_456_789_012)
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

  /// Events that are valid JSON, but written as no node writes them: escapes in keys, tags and
  /// times, keys that come twice, numbers that no machine type holds.
  package static func hostile(first: UInt64 = 0) -> [StateEvent] {
    zip(first..., hostileShapes).map { id, shape in
      let time = EventTime(seconds: 1_784_109_600 + Int64(id))
      let json = shape.json.replacing("ID", with: "\(id)").replacing("TIME", with: "\(time)")
        .replacing("HOUR", with: "\(time)".replacing(":", with: #"\u003A"#))
      return StateEvent(
        position: Position(eventId: id, tag: shape.tag, time: time), json: Array(json.utf8))
    }
  }

  private static let hostileShapes: [(json: String, tag: String?)] = [
    (#"{"eventId":ID,"stateChanged":{"tag":"Tick\u004Fbserved"},"time":"TIME"}"#, "TickObserved"),
    (
      #"{"eventId":ID,"stateChanged":{"tag":"\"\\\/\b\f\n\r\t\u0000"},"time":"HOUR"}"#,
      "\"\\/\u{8}\u{C}\n\r\t\0"
    ),
    (#"{"eventId":ID,"stateChanged":{"tag":"\uD83D\ude00😀é"},"time":"TIME"}"#, "😀😀é"),
    (#"{"\u0065ventId":ID,"\u0073tateChanged":{"\u0074ag":"T"},"ti\u006de":"TIME"}"#, "T"),
    (
      #"{"eventId":ID,"eventId":7,"stateChanged":{"tag":"A","tag":"B"},"time":"TIME","time":"","#
        + #""stateChanged":{"tag":"C"}}"#, "A"
    ),
    (
      #"{"eventId":ID,"stateChanged":{"tag":7,"tag":"B","n":[1e999,-0,1.0,1E+2,"#
        + #"123456789012345678901234567890]},"time":"TIME"}"#, nil
    ),
    (#" {"eventId" : ID , "time" :"TIME", "stateChanged":[{"tag":"A"}] } "#, nil),
    (
      #"{"eventId":ID,"stateChanged":{"tx":{"txId":"\u0061"},"tx":{"txId":"b"},"#
        + #""tag":"Transaction\u0041ppliedToLocalUTxO"},"time":"TIME","time":null}"#,
      "TransactionAppliedToLocalUTxO"
    ),
  ]
}
