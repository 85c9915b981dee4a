import Compression
import EventArchive
import EventPersistence
import EventPersistenceTesting
import Foundation
import MotoServer
import Testing

@testable import S3Sink

/// Events that come again and are held already: intact, damaged, in another form, or in other
/// batches.
@Suite("S3, with events that are held already")
struct S3RewritingTests {
  let events = SampleEvents.make(40, sharedIdEach: 6, payload: 20)

  private func options(_ bucket: TestBucket, maxBytes: Int = 16 << 20) -> S3Sink.Options {
    var options = bucket.options()
    options.compression = .none
    options.rule = BatchRule(interval: .seconds(7), maxEvents: 5, maxBytes: maxBytes)
    return options
  }

  /// The same events in another form, longer or shorter.
  private static func derived(_ events: [StateEvent], isLonger: Bool) -> [StateEvent] {
    events.map { event in
      let text = String(decoding: event.json, as: UTF8.self).replacing(
        "\"padding\":\"xxxxxxxxxxxxxxxxxxxx\"",
        with: isLonger ? "\"cborHex\":\"d8799fd8799fd8799fd8799fd8799f\"" : "\"cborHex\":\"\"")
      return StateEvent(position: event.position, json: Array(text.utf8))
    }
  }

  private func expectContents(
    of bucket: TestBucket, _ options: S3Sink.Options, _ expected: [StateEvent],
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let contents = try await TestBucket.contents(options)
    let index = zip(contents, expected).enumerated().first { $0.element.0 != $0.element.1 }?.offset
    #expect(
      contents == expected,
      """
      \(contents.count) of \(expected.count), the first that differs \(index ?? -1), \
      \(index.map { contents[$0].position.description } ?? ""): \(bucket.names)
      """, sourceLocation: sourceLocation)
  }

  @Test("an intact object is not sent again", arguments: [true, false])
  func same(knowsChecksums: Bool) async throws {
    let bucket = try TestBucket(MemoryBucket(knowsConditions: knowsChecksums))
    try await bucket.drive(events)
    let before = bucket.memory.objects
    bucket.server.forgetSeen()
    #expect(try await bucket.drive(events) == [])
    #expect(bucket.memory.objects == before)
    #expect(bucket.server.seen.filter { $0.method == "PUT" || $0.method == "DELETE" }.isEmpty)
    let reads = bucket.server.seen.filter { $0.method == "GET" && $0.path.hasSuffix(".zst") }
    #expect(reads.isEmpty == knowsChecksums)
  }

  enum Damage: CaseIterable {
    case changed, firstIsAnother, lastIsAnother, truncated, emptied, doubledLine, lostDescription
  }

  @Test("a damaged object is set aside, reported, and put again", arguments: Damage.allCases)
  func damaged(damage: Damage) async throws {
    let bucket = try TestBucket()
    try await bucket.drive(events, options(bucket))
    let whole = bucket.memory.objects
    let key = bucket.memory.keys.filter { $0.hasSuffix(".jsonl") }[2]
    var object = whole[key]!
    switch damage {
    case .changed: object.bytes[40] ^= 1
    case .firstIsAnother:
      let tag = try #require(object.bytes.firstRange(of: Array("\"tag\":\"".utf8)))
      object.bytes[tag.upperBound] ^= 1
    case .lastIsAnother:
      let text = String(decoding: object.bytes, as: UTF8.self)
      let tag = try #require(text.range(of: "\"tag\":\"", options: .backwards))
      object.bytes[text[..<tag.upperBound].utf8.count] ^= 1
    case .truncated: object.bytes.removeLast(30)
    case .emptied: object.bytes = []
    case .doubledLine: object.bytes += object.bytes
    case .lostDescription: object.metadata = [:]
    }
    bucket.memory.set(key, object)
    let notes = try await bucket.drive(events, options(bucket))
    try await expectContents(of: bucket, options(bucket), events)
    #expect(bucket.memory.objects.filter { !$0.key.contains("superseded") } == whole)
    // If the new one has all of it, nothing is lost.
    guard [.changed, .firstIsAnother, .lastIsAnother, .truncated].contains(damage) else {
      #expect(bucket.superseded.isEmpty && notes.isEmpty)
      return
    }
    #expect(bucket.superseded.count == 1)
    #expect(bucket.memory.objects[bucket.superseded.first ?? ""]?.bytes == object.bytes)
    #expect(notes.count == 1 && notes.first?.contains(key) == true, "\(notes)")
  }

  @Test(
    "the node's own JSON stays if the same events come in another form",
    arguments: [true, false])
  func derived(isLonger: Bool) async throws {
    let bucket = try TestBucket()
    try await bucket.drive(events, options(bucket))
    let before = bucket.memory.objects
    try await bucket.drive(
      Self.derived(events, isLonger: isLonger), options(bucket), isDerived: true)
    #expect(bucket.memory.objects == before)
    #expect(try await S3Archive(bucket.options()).manifest()?.derivedFrom == nil)
  }

  @Test(
    "also if the other form makes other batches, and nothing is there twice",
    arguments: [true, false])
  func derivedInOtherBatches(isLonger: Bool) async throws {
    let bucket = try TestBucket()
    let options = options(bucket, maxBytes: 460)
    try await bucket.drive(Array(events[..<30]), options)
    let names = bucket.names
    let derived = Self.derived(events, isLonger: isLonger)
    for _ in 0..<2 {
      try await bucket.drive(derived, options, isDerived: true)
      try await expectContents(of: bucket, options, Array(events[..<30]) + Array(derived[30...]))
      #expect(bucket.names != names)
    }
    #expect(
      try await S3Archive(options).manifest()?.derivedFrom == events[30].eventId)
    // The log's own JSON comes back, from a copy: it outranks the derived one.
    try await bucket.drive(events, options)
    try await expectContents(of: bucket, options, events)
  }

  @Test(
    "a server that verifies signatures ends with the same, in another form and over other batches",
    .enabled(if: MotoServer.isInstalled, "moto is not installed: Tests/run does that"),
    arguments: [4, 13], [true, false])
  func verified(first: Int, isDerived: Bool) async throws {
    let bucket = try TestBucket()
    var options = try MotoBucket().options()
    options.compression = .none
    options.rule = BatchRule(interval: .seconds(7), maxEvents: 5, maxBytes: 460)
    try await bucket.drive(Array(events[..<30]), options)
    let rest = isDerived ? Self.derived(events, isLonger: true) : events
    // From the second turn on, each batch is held.
    for _ in 0..<2 {
      try await bucket.drive(Array(rest[first...]), options, isDerived: isDerived)
      #expect(
        try await TestBucket.contents(options) == Array(events[..<30]) + Array(rest[30...]))
    }
    let archive = S3Archive(options)
    #expect(try await archive.manifest()?.derivedFrom == (isDerived ? events[30].eventId : nil))
    let stray = try await archive.strayKeys(.batches)
    let all = try await archive.objects(.batches).map(\.key)
    #expect(stray == [], "\(all)")
    // An object that overlaps two batches is cut at them, or set aside.
    let objects = try await archive.objects(.batches)
    let held = try #require(objects.first { $0.name.lastId > $0.name.firstId + 1 })
    var name = held.name
    name.firstId += 1
    let client = S3Bucket(options).client
    try await client.copy(
      held.key, to: held.key.replacing("\(held.name)", with: "\(name)"))
    try await bucket.drive(events, options)
    #expect(try await TestBucket.contents(options) == events)
    #expect(try await archive.strayKeys(.batches) == [])
  }

  @Test("a line that is no longer JSON is replaced by the other form")
  func derivedHeals() async throws {
    let bucket = try TestBucket()
    try await bucket.drive(events, options(bucket))
    let key = bucket.memory.keys.filter { $0.hasSuffix(".jsonl") }[1]
    var object = bucket.memory.objects[key]!
    // The quotes after the padding of the first line: its position is still readable.
    let text = String(decoding: object.bytes, as: UTF8.self)
    let damaged = text.replacing("xx\",", with: "xx\",,", maxReplacements: 1)
    object.bytes = Array(damaged.utf8)
    bucket.memory.set(key, object)
    let derived = Self.derived(events, isLonger: true)
    try await bucket.drive(derived, options(bucket), isDerived: true)
    let contents = try await TestBucket.contents(options(bucket))
    let others = zip(contents, events).filter { $0 != $1 }
    #expect(others.count == 1 && others.first.map { derived.contains($0.0) } == true)
    #expect(bucket.superseded.count == 1)
  }

  @Test(
    "if the log begins later than before, lost events stay and nothing is there twice",
    arguments: [1, 4, 7, 13, 17, 22], [false, true])
  func lostLogs(first: Int, isDerived: Bool) async throws {
    let bucket = try TestBucket()
    let options = options(bucket)
    try await bucket.drive(Array(events[..<30]), options)
    let rest = isDerived ? Self.derived(events, isLonger: true) : events
    var before: [String: MemoryBucket.Object] = [:]
    for turn in 0..<3 {
      if turn == 2 { before = bucket.memory.objects }
      try await bucket.drive(Array(rest[first...]), options, isDerived: isDerived)
      try await expectContents(of: bucket, options, Array(events[..<30]) + Array(rest[30...]))
    }
    #expect(bucket.memory.objects == before)
    #expect(try await S3Sink(options).open() == .through(events.last!.position))
  }

  @Test("whichever request fails, the next drive ends with the same result")
  func failures() async throws {
    func prepared() async throws -> TestBucket {
      let bucket = try TestBucket()
      try await bucket.drive(Array(events[..<30]), options(bucket, maxBytes: 460))
      return bucket
    }
    let derived = Self.derived(events, isLonger: false)
    for count in 0..<200 {
      let bucket = try await prepared()
      let options = options(bucket, maxBytes: 460)
      let left = Countdown(count)
      bucket.server.setScript { request in
        request.method != "GET" && request.method != "HEAD" && left.isOver()
          ? .error(403, "AccessDenied") : nil
      }
      let end = try? await bucket.drive(Array(derived[3...]), options, isDerived: true)
      bucket.server.setScript(nil)
      try await bucket.drive(Array(derived[3...]), options, isDerived: true)
      try await expectContents(of: bucket, options, Array(events[..<30]) + Array(derived[30...]))
      if end != nil {
        #expect(count > 10)
        return
      }
    }
    Issue.record("it failed each time")
  }

  private final class Countdown: @unchecked Sendable {
    // Requests come one at a time, and the lock is for the threads that they come on.
    private let lock = NSLock()
    private var left: Int
    init(_ count: Int) { left = count }
    func isOver() -> Bool {
      lock.withLock {
        left -= 1
        return left < 0
      }
    }
  }

  @Test("an object whose events are in another one too is set aside")
  func doubled() async throws {
    let bucket = try TestBucket()
    try await bucket.drive(events, options(bucket))
    let whole = bucket.memory.objects
    let name = bucket.names[2]
    let key = bucket.memory.keys.first { $0.hasSuffix("\(name)") }!
    var other = name
    other.firstId += 1
    bucket.memory.set(key.replacing("\(name)", with: "\(other)"), whole[key]!)
    let notes = try await bucket.drive(events, options(bucket))
    #expect(bucket.memory.objects.filter { !$0.key.contains("superseded") } == whole)
    #expect(bucket.superseded.count == 1 && notes.count == 1)
  }

  @Test("with layout per-event a differing object is set aside, and the node's own JSON stays")
  func perEvent() async throws {
    let bucket = try TestBucket()
    var options = bucket.options()
    options.layout = .perEvent
    let events = SampleEvents.make(12, payload: 20)
    try await bucket.drive(events, options)
    let whole = bucket.memory.objects
    let derived = Self.derived(events, isLonger: true)
    #expect(try await bucket.drive(derived, options, isDerived: true) == [])
    #expect(bucket.memory.objects == whole)
    var object = whole["head/1/events/7"]!
    object.bytes[30] ^= 1
    bucket.memory.set("head/1/events/7", object)
    let notes = try await bucket.drive(events, options)
    #expect(notes.count == 1)
    #expect(bucket.memory.objects["head/1/events/7"] == whole["head/1/events/7"])
    #expect(bucket.memory.objects["head/1/superseded/events/7.1"]?.bytes == object.bytes)
  }
}
