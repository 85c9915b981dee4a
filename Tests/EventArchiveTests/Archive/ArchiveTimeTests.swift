import EventPersistence
import EventPersistenceTesting
import Synchronization
import Testing

@testable import EventArchive

@Suite("the first event of a time in an archive")
struct ArchiveTimeTests {
  /// Objects of ten events each, and which of them were read.
  private final class Storage: ArchiveStorage {
    let place = "memory"
    private let events: [StateEvent]
    let reads = Mutex<[UInt64]>([])

    init(_ events: [StateEvent]) { self.events = events }

    func manifest() -> ArchiveManifest { ArchiveManifest(schema: 1) }
    func setAsideCount() -> Int? { nil }
    func generations() -> [Int] { [1] }
    func changeToken() -> ChangeToken { ChangeToken([1]) }

    func objects() -> [ArchiveObject] {
      stride(from: 0, to: events.count, by: 10).map { index in
        let part = events[index..<min(index + 10, events.count)]
        return ArchiveObject(
          key: "\(index)", firstId: part.first!.eventId, lastId: part.last!.eventId, ordinal: 0)
      }
    }

    func read(_ object: ArchiveObject) -> ArchiveContents {
      reads.withLock { $0.append(object.firstId) }
      let part = events.filter { (object.firstId...object.lastId!).contains($0.eventId) }
      let buffer = EventBuffer(capacity: part.reduce(0) { $0 + $1.json.count + 1 })
      for event in part {
        event.json.withUnsafeBytes { buffer.append($0) }
        buffer.append(byte: 0x0A)
      }
      return .lines(buffer)
    }
  }

  /// 2,000 events, a second apart; the clock goes back by a minute at 1005, and by ten at 1500.
  private let events: [StateEvent] = (0..<2000).map { id in
    let seconds = id - (id >= 1005 ? 60 : 0) - (id >= 1500 ? 600 : 0)
    let time = EventTime(seconds: 1_784_109_600 + Int64(seconds))
    let json = "{\"eventId\":\(id),\"stateChanged\":{\"tag\":\"A\"},\"time\":\"\(time)\"}"
    return StateEvent(
      position: Position(eventId: UInt64(id), tag: "A", time: time), json: Array(json.utf8))
  }

  private var course: TimeCourse {
    var course = TimeCourse()
    for event in events { course.add(event.position) }
    return course
  }

  @Test("is found, wherever the clock was set back, and few objects are read")
  func found() async throws {
    let steps = course.steps
    #expect(steps.map(\.eventId) == [1005, 1500])
    for id in stride(from: 0, to: 2000, by: 7) {
      let time = try #require(events[id].time)
      let expected = events.first { $0.time! >= time }
      for ids: ClosedRange<UInt64> in [0...1999, 0...700, 0...0] {
        let storage = Storage(events)
        let source = ArchiveSource(storage, times: KnownTimes(ids: ids, steps: steps))
        #expect(try await source.locate(.time(time)) == expected?.position, "\(id), \(ids)")
        if ids.upperBound == 1999 { #expect(storage.reads.withLock { $0.count } < 14) }
      }
    }
  }

  @Test("without knowing where the clock was set back, the archive is read from its beginning")
  func unknown() async throws {
    for times in [nil, KnownTimes(ids: 500...1999, steps: course.steps)] {
      let storage = Storage(events)
      let source = ArchiveSource(storage, times: times)
      let found = try await source.locate(.time(try #require(events[700].time)))
      #expect(found?.eventId == 700)
      #expect(storage.reads.withLock { $0.count } == 71)
    }
  }

  @Test("after the last time there is none")
  func none() async throws {
    let times = KnownTimes(ids: 0...1999, steps: course.steps)
    let source = ArchiveSource(Storage(events), times: times)
    let late = EventTime(seconds: 1_884_109_600)
    #expect(try await source.locate(.time(late)) == nil)
  }
}
