import EventPersistenceTesting
import Foundation
import Testing

@testable import EventPersistence

struct LandmarksTests {
  @Test("there are at most 64, from the first event to the last, ever fewer towards the past")
  func thinned() throws {
    let events = SampleEvents.make(100_000)
    var trail = LandmarkTrail(Landmarks(generation: 1), isWritten: false, at: .zero)
    for start in stride(from: 0, to: events.count, by: 700) {
      trail.note(EventBatch(Array(events[start..<min(start + 700, events.count)])))
    }
    let ids = trail.landmarks.positions.map(\.eventId)
    #expect(ids.count == Landmarks.countMax)
    #expect(ids.last == 99_999)
    #expect(ids == ids.sorted() && Set(ids).count == ids.count)
    // From any lost tail on, a landmark is no further than about twice its length.
    for lost in [1, 5, 20, 100, 2000, 30_000] as [UInt64] {
      let agreed = try #require(ids.last { $0 < 100_000 - lost })
      #expect(100_000 - agreed <= 3 * lost + 2, "\(lost): \(agreed)")
    }
  }

  @Test("events that come again take the places of those that were lost")
  func again() {
    let events = SampleEvents.make(40)
    var landmarks = Landmarks(generation: 2, events.map(\.position))
    landmarks.add(Position(eventId: 30, tag: "HeadClosed", time: EventTime(seconds: 1)))
    #expect(landmarks.positions.map(\.eventId) == Array(0...30))
    #expect(landmarks.positions.last?.tag == "HeadClosed")
    landmarks.add(Position(eventId: 99))
    #expect(landmarks.positions.count == 31, "an id alone proves nothing")
  }

  @Test("a file with too many, or out of order, is read as landmarks all the same")
  func read() throws {
    let positions = SampleEvents.make(200).reversed().map { event in
      let position = event.position
      return
        "{\"eventId\":\(position.eventId),\"tag\":\"\(position.tag!)\",\"time\":\"\(position.time!)\"}"
    }
    let text = "{\"generation\":3,\"positions\":[\(positions.joined(separator: ","))]}"
    let landmarks = try JSONDecoder().decode(Landmarks.self, from: Data(text.utf8))
    #expect(landmarks.generation == 3)
    #expect(landmarks.positions.count <= Landmarks.countMax)
    #expect(
      landmarks.positions.map(\.eventId) == landmarks.positions.map(\.eventId).sorted())
  }
}
