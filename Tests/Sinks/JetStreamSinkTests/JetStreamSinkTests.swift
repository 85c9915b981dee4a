import EventArchive
import EventPersistence
import EventPersistenceTesting
import Foundation
import NATSServer
import Testing

@testable import JetStreamSink

@Suite(
  "Events in a stream",
  .enabled(if: NATSServer.isInstalled, "nats-server is not installed: Tests/run does that"))
struct JetStreamSinkTests {
  private let stream: TestStream
  private let events = SampleEvents.make(40, sharedIdEach: 9)

  init() throws { stream = try TestStream() }

  @discardableResult
  private func drive(
    _ events: [StateEvent], _ options: JetStreamOptions? = nil, superseding: Position?? = .none
  ) async throws -> Holdings {
    let sink = JetStreamSink(options ?? stream.options)
    let holdings = try await sink.open()
    if case .some(let position) = superseding { try await sink.supersede(after: position) }
    if !events.isEmpty { try await sink.deliver(EventBatch(events)) }
    await sink.close()
    return holdings
  }

  @Test("a message has the event's JSON, its subject, and headers that name it")
  func message() async throws {
    try await drive(events)
    let messages = try await stream.messages()
    #expect(messages.map(\.body) == events.map(\.json))
    let last = try #require(messages.last?.event)
    #expect(last.position == events.last?.position)
    #expect(last.node == "alice" && last.generation == 1)
    #expect(messages[0].subject == "\(stream.options.stream).alice.TickObserved")
  }

  @Test("subjects that name the head go on with it after a pause, and after the log went back")
  func heads() async throws {
    func event(_ id: UInt64, _ tag: String, _ more: String = "") -> StateEvent {
      StateEvent(
        position: Position(eventId: id, tag: tag),
        json: Array(#"{"eventId":\#(id),"stateChanged":{\#(more)"tag":"\#(tag)"}}"#.utf8))
    }
    var options = stream.options
    options.subject = try #require(SubjectTemplate("\(options.stream).{head}.{generation}.{tag}"))
    let first = [
      event(0, "TickObserved"), event(1, "HeadOpened", #""headId":"0a","#),
      event(2, "TickObserved"),
    ]
    let second = [
      event(3, "HeadOpened", #""headId":"0b","#), event(4, "SnapshotConfirmed"),
    ]
    try await drive(first, options)
    try await drive(first + second, options)
    let sink = JetStreamSink(options)
    _ = try await sink.open()
    try await sink.supersede(after: first[2].position)
    try await sink.deliver(
      EventBatch([event(3, "Closed"), event(4, "HeadInitialized", #""headId":"0c","#)]))
    await sink.close()
    #expect(
      try await stream.messages().map {
        $0.subject.split(separator: ".").dropFirst().joined(separator: ".")
      } == [
        "-.1.TickObserved", "0a.1.HeadOpened", "0a.1.TickObserved", "0b.1.HeadOpened",
        "0b.1.SnapshotConfirmed", "0a.1.Closed", "0c.1.HeadInitialized",
      ])
    #expect(
      try await stream.messages().map { $0.event?.head } == [
        nil, "0a", "0a", "0b", "0b", "0a", "0c",
      ])
  }

  @Test("it begins where the stream ends, without a window of de-duplication")
  func end() async throws {
    try await drive(Array(events[..<25]))
    #expect(try await drive([]) == .through(events[24].position))
    try await drive(events)
    #expect(try await stream.traces() == events.map(\.json))
  }

  @Test("each generation follows the one before it, and is read by itself")
  func generations() async throws {
    try await drive(events)
    var second = stream.options
    second.generation = 2
    let anew = SampleEvents.make(30, secondsLater: 1000)
    #expect(try await drive(anew, second) == .through(nil))
    #expect(try await TestStream.contents(second).map(\.json) == anew.map(\.json))
    #expect(try await stream.traces() == events.map(\.json))
    #expect(try await JetStreamArchive(second).generations() == [1, 2])
    #expect(try await JetStreamSink(stream.options).newestGeneration() == 2)
    await #expect(throws: SinkError.self) { try await drive(events) }
  }

  @Test("what the node's log took back no longer counts, and stays in the stream")
  func superseded() async throws {
    try await drive(events)
    let kept = Array(events[...20])
    let anew = SampleEvents.make(15, first: kept.last!.eventId + 1, secondsLater: 500)
    try await drive(anew, superseding: kept.last!.position)
    #expect(try await stream.traces() == (kept + anew).map(\.json))
    #expect(try await stream.messages().count == events.count + anew.count)
    // Again, now within what the first time had kept.
    let less = Array(events[...7])
    let third = SampleEvents.make(5, first: less.last!.eventId + 1, secondsLater: 900)
    try await drive(third, superseding: less.last!.position)
    #expect(try await stream.traces() == (less + third).map(\.json))
    // And everything.
    let fourth = SampleEvents.make(5, secondsLater: 2000)
    try await drive(fourth, superseding: .some(nil))
    #expect(try await stream.traces() == fourth.map(\.json))
    #expect(try await drive(fourth) == .through(fourth.last!.position))
    #expect(try await stream.traces() == fourth.map(\.json))
  }

  @Test("the last event below an id is found")
  func position() async throws {
    try await drive(events)
    let sink = JetStreamSink(stream.options)
    for id in [0, 1, 9, 10, 18, 36, 1000] as [UInt64] {
      let expected = events.last { $0.eventId < id }?.position
      #expect(try await sink.position(before: id) == expected, "below \(id)")
    }
  }

  @Test("a batch longer than the window is stored in order")
  func long() async throws {
    let many = SampleEvents.make(3 * PublishWindow.messagesMax, payload: 100)
    try await drive(many)
    #expect(try await stream.traces() == many.map(\.json))
  }

  @Test("an event that is too large is refused with both sizes, or published without its body")
  func oversize() async throws {
    let large = SampleEvents.make(1, first: 2, payload: 1_100_000)
    let all = SampleEvents.make(2) + large + SampleEvents.make(1, first: 3)
    let error = await #expect(throws: SinkError.self) { try await drive(all) }
    #expect(
      error?.remedy == .stop && error?.stored == all[1].position, "\(String(describing: error))")
    #expect(error?.message.contains("1048576") == true)
    #expect(error?.message.contains("\(large[0].json.count) bytes") == true)
    var skipping = stream.options
    skipping.oversize = .skipBody
    try await drive(all, skipping)
    let messages = try await stream.messages()
    #expect(messages.map(\.event?.position) == all.map(\.position))
    #expect(messages.map { $0.body == nil } == [false, false, true, false])
  }

  @Test("the stream of another node, and one with other messages, are refused")
  func foreign() async throws {
    try await drive(events)
    var other = stream.options
    other.node = "bob"
    other.subject = SubjectTemplate("\(stream.options.stream).alice.{tag}")!
    let error = await #expect(throws: SinkError.self) { try await drive([], other) }
    #expect(error?.code == "not ours" && error?.remedy == .stop)
  }

  @Test("a stream cannot take events before its first one, and says so")
  func beginning() async throws {
    try await drive(Array(events[10...]))
    let error = await #expect(throws: SinkError.self) { try await drive(events) }
    #expect(error?.code == "begins later" && error?.remedy == .stop)
  }
}
