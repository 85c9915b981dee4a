import EventPersistenceTesting

@testable import EventPersistence

/// Events as a node may write them: gaps in the ids, twins, a clock that is set, large and small
/// ones, and sometimes a stretch without times.
enum Course {
  static func make(_ count: Int, _ random: inout SeededRandom) -> [StateEvent] {
    var events: [StateEvent] = []
    var id: UInt64 = 0
    var time: Int64 = 1_784_109_600
    let isUntimed = Int.random(in: 0..<4, using: &random) == 0
    while events.count < count {
      switch Int.random(in: 0..<20, using: &random) {
      case 0: time -= Int64.random(in: 0...40, using: &random)
      case 1: time += Int64.random(in: 0...40, using: &random)
      case 2..<9: time += 1
      default: break
      }
      let sharesId = !events.isEmpty && Int.random(in: 0..<12, using: &random) == 0
      if !sharesId { id += Int.random(in: 0..<15, using: &random) == 0 ? 5 : 1 }
      let payload =
        Int.random(in: 0..<10, using: &random) == 0 ? Int.random(in: 0...1200, using: &random) : 1
      // Without times, twins differ in their tags.
      let tag = "T\(events.count % 11)\(sharesId ? "Twin\(events.count)" : "")"
      let position = Position(
        eventId: id, tag: tag,
        time: isUntimed && events.count < count / 2
          ? nil : EventTime(seconds: time, picoseconds: Int64(events.count)))
      let text = "{\"eventId\":\(id),\"p\":\"\(String(repeating: "x", count: payload))\"}"
      events.append(StateEvent(position: position, json: Array(text.utf8)))
    }
    return events
  }

  /// The batches that `rule` cuts.
  static func batches(_ events: [StateEvent], _ rule: BatchRule) -> [[StateEvent]] {
    var filling = BatchRule.Filling()
    var batches: [[StateEvent]] = []
    for event in events {
      if rule.begins(event.position, bytes: event.json.count + 1, &filling) { batches.append([]) }
      batches[batches.count - 1].append(event)
    }
    return batches
  }
}
