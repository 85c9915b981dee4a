import Compression
import EventArchive
import EventPersistence
import EventPersistenceTesting
import Foundation
import MotoServer
import Testing

@testable import S3Sink

@Suite struct S3SinkTests {
  @Test(
    "a server that verifies signatures accepts all requests, with any prefix",
    .enabled(if: MotoServer.isInstalled, "moto is not installed: Tests/run does that"),
    arguments: ["head/1", "", "a b/ü+%41=&?;:@,$", "/slashes//within/"])
  func verified(prefix: String) async throws {
    let moto = try MotoBucket()
    let events = SampleEvents.make(40, sharedIdEach: 6)
    var options = moto.options(prefix: prefix)
    options.selection = .all
    let sink = S3Sink(options)
    #expect(try await sink.open() == .through(nil))
    let batches = try cut(events, by: options.rule)
    for batch in batches { try await sink.put(batch) }
    #expect(try await TestBucket.contents(options).map(\.json) == events.map(\.json))
    #expect(try await S3Sink(options).open() == .through(events.last!.position))
    try await sink.supersede(after: batches[2].last)
    #expect(try await S3Sink(options).open() == .through(batches[2].last))
    #expect(
      try await S3Archive(options).supersededKeys().count == batches.count - 3)
    #expect(try await S3Archive(options).strayKeys(.batches).isEmpty)
  }

  @Test(
    "a tag of any length fits: one that is too long for a header is left out there",
    .enabled(if: MotoServer.isInstalled, "moto is not installed: Tests/run does that"),
    arguments: [700, 900, 3000], ["t", "ü"])
  func longTags(length: Int, letter: String) async throws {
    let moto = try MotoBucket()
    let bucket = try TestBucket()
    let tag = String(repeating: letter, count: length)
    let events = SampleEvents.make(9, tags: [tag, "T"])
    for options in [moto.options(), bucket.options()] {
      try await bucket.drive(events, options)
      // Each batch is held as it was described, so none is sent again.
      bucket.server.forgetSeen()
      #expect(try await bucket.drive(events, options) == [])
      #expect(try await TestBucket.contents(options) == events)
      guard case .through(let last?) = try await S3Sink(options).open() else {
        Issue.record("nothing is held")
        return
      }
      #expect(last.agrees(with: events.last!.position) && last.time != nil)
      #expect((last.tag == nil) == (length > 700 || letter == "ü"))
    }
    #expect(bucket.server.seen.filter { $0.method == "PUT" }.isEmpty)
  }

  @Test(
    "a wrong key stops it with the server's code",
    .enabled(if: MotoServer.isInstalled, "moto is not installed: Tests/run does that"))
  func wrongKey() async throws {
    let moto = try MotoBucket()
    var options = moto.options()
    options.environment["AWS_SECRET_ACCESS_KEY"] = "wrong"
    var error = await #expect(throws: SinkError.self) { try await S3Sink(options).open() }
    #expect(
      error?.code == "SignatureDoesNotMatch" && error?.remedy == .stop,
      "\(String(describing: error))")
    options.environment["AWS_ACCESS_KEY_ID"] = "AKIAUNKNOWN"
    error = await #expect(throws: SinkError.self) { try await S3Sink(options).open() }
    #expect(
      error?.code == "InvalidAccessKeyId" && error?.remedy == .stop, "\(String(describing: error))")
    options = moto.options()
    options.address.bucket = "nobody-has-this"
    error = await #expect(throws: SinkError.self) { try await S3Sink(options).open() }
    #expect(error?.code == "NoSuchBucket" && error?.remedy == .stop, "\(String(describing: error))")
    #expect(error?.message.contains("Check the bucket's name") == true)
  }

  @Test("the same log makes the same objects, byte for byte", arguments: Compression.allCases)
  func deterministic(compression: Compression) async throws {
    let (first, second) = (try TestBucket(), try TestBucket())
    let events = SampleEvents.make(60, sharedIdEach: 7, payload: 500)
    for bucket in [first, second] {
      var options = bucket.options()
      options.compression = compression
      options.ownerFile = nil
      try await bucket.drive(events, options)
    }
    #expect(first.memory.objects == second.memory.objects)
    let before = first.memory.objects
    var options = first.options()
    options.compression = compression
    options.ownerFile = nil
    try await first.drive(events, options)
    #expect(first.memory.objects == before)
  }

  @Test("a batch's key has its first event's day, its ids, and the twin that it begins with")
  func keys() async throws {
    let bucket = try TestBucket()
    let time = EventTime("2026-07-15T23:59:59.5Z")!
    func event(_ id: UInt64, _ tag: String, _ time: EventTime?) -> StateEvent {
      let text = time.map { ",\"time\":\"\($0)\"" } ?? ""
      return StateEvent(
        position: Position(eventId: id, tag: tag, time: time),
        json: Array("{\"eventId\":\(id),\"stateChanged\":{\"tag\":\"\(tag)\"}\(text)}".utf8))
    }
    let events = [
      event(0, "A", nil), event(1, "B", nil), event(5, "A", time),
      event(6, "A", time),
      event(6, "Checkpoint", time.advanced(bySeconds: 60)),
    ]
    try await bucket.drive(events)
    #expect(
      bucket.memory.keys == [
        "head/1/0000/00/00/00000000000000000000-00000000000000000001.jsonl.zst",
        "head/1/2026/07/15/00000000000000000005-00000000000000000006.jsonl.zst",
        "head/1/2026/07/16/00000000000000000006-00000000000000000006.1.jsonl.zst",
        "head/1/hydra-sinks-owner.json", "head/1/hydra-sinks.json",
      ])
    #expect(try await bucket.contents() == events)
    #expect(try await S3Sink(bucket.options()).open() == .through(events.last!.position))
  }

  @Test("a batch that grew replaces the shorter one, also for the next driver")
  func growth() async throws {
    let bucket = try TestBucket()
    let events = SampleEvents.make(5, first: 700)
    for count in [2, 3, 5] {
      try await bucket.drive(Array(events[..<count]))
      #expect(bucket.memory.keys.filter { $0.hasSuffix(".zst") }.count == 1)
      #expect(try await bucket.contents() == Array(events[..<count]))
    }
    // Between the two requests a reader sees both, and takes the longer one.
    let last = bucket.memory.keys.first { $0.hasSuffix(".zst") }!
    let shorter = last.replacing("0704.jsonl", with: "0702.jsonl")
    bucket.memory.set(shorter, MemoryBucket.Object(bytes: [1], metadata: [:]))
    #expect(try await bucket.contents() == events)
    try await bucket.drive(events)
    #expect(!bucket.memory.keys.contains(shorter))
  }

  @Test("a batch without a selected event has an object, so that its end is held")
  func nothingSelected() async throws {
    let bucket = try TestBucket()
    let sink = S3Sink(bucket.options())
    _ = try await sink.open()
    let batches = try cut(SampleEvents.make(9), by: bucket.options().rule)
    for batch in batches { try await sink.put(batch.selecting { _ in false }) }
    #expect(try await bucket.contents() == [])
    #expect(try await S3Sink(bucket.options()).open() == .through(batches.last!.last))
    #expect(try await sink.position(before: batches[1].first.eventId + 1) == batches[1].first)
  }

  @Test("a line of a transaction has its ids and its bytes")
  func transactions() async throws {
    let bucket = try TestBucket()
    var options = bucket.options()
    options.content = .transactions
    options.selection = .transactions
    let json =
      #"{"eventId":3,"stateChanged":{"headId":"ab\"cd","tag":"TransactionAppliedToLocalUTxO","#
      + #""tx":{"cborHex":"84a4","description":"","txId":"77ff","type":"Tx ConwayEra"}},"#
      + #""time":"2026-07-15T10:00:00.123456789012Z"}"#
    let bare = #"{"eventId":4,"stateChanged":{"tag":"TransactionAppliedToLocalUTxO","tx":{}}}"#
    let events = [json, bare].map { text in
      StateEvent(
        position: Array(text.utf8).withUnsafeBytes { Position(json: $0)! }, json: Array(text.utf8))
    }
    try await bucket.drive(events, options)
    #expect(
      try await TestBucket.contents(options).map { String(decoding: $0.json, as: UTF8.self) } == [
        #"{"eventId":3,"time":"2026-07-15T10:00:00.123456789012Z","headId":"ab\"cd","txId":"77ff","cborHex":"84a4"}"#,
        #"{"eventId":4,"time":null,"headId":null,"txId":null,"cborHex":null}"#,
      ])
    #expect(
      try await TestBucket.contents(options).map(\.tag) == [
        "TransactionAppliedToLocalUTxO", "TransactionAppliedToLocalUTxO",
      ])
    #expect(try await S3Archive(options).manifest()?.select == .transactions)
  }

  @Test("layout per-event writes what the example sink of hydra-node writes")
  func perEvent() async throws {
    let bucket = try TestBucket()
    var options = bucket.options()
    options.layout = .perEvent
    options.prefix = ""
    let events = SampleEvents.make(30, sharedIdEach: 9)
    let sink = S3Sink(options)
    #expect(try await sink.open() == .through(nil))
    try await sink.deliver(EventBatch(events))
    #expect(try await S3Sink(options).open() == .unknown)
    let stored = bucket.memory.keys.filter { $0.hasPrefix("events/") }
    #expect(stored.count == Set(events.map(\.eventId)).count)
    for event in events where event.eventId != 9 || event.tag == "Checkpoint" {
      if event.eventId % 9 == 0, event.eventId > 0, event.tag != "Checkpoint" { continue }
      #expect(bucket.memory.objects["events/\(event.eventId)"]?.bytes == event.json)
    }
    #expect(
      bucket.memory.keys.filter { !$0.hasPrefix("events/") } == [
        "hydra-sinks-owner.json", "hydra-sinks.json",
      ])
    let ids = try await S3Archive(options).objects(.perEvent).map(\.name.firstId)
    #expect(ids == ids.sorted() && ids.count == stored.count)
    try await sink.supersede(after: Position(eventId: 20))
    #expect(
      bucket.memory.keys.filter { $0.hasPrefix("superseded/events/") }.count == ids.count - 21)
  }

  // MARK: - The owner and the options

  @Test("changed batching options are refused, and both are named")
  func options() async throws {
    let bucket = try TestBucket()
    try await bucket.drive(SampleEvents.make(9))
    var options = bucket.options()
    options.rule.maxEvents = 6
    let error = await #expect(throws: SinkError.self) { try await S3Sink(options).open() }
    #expect(error?.remedy == .stop && error?.code == "options")
    #expect(error?.message.contains("max-events 5") == true)
    #expect(error?.message.contains("max-events 6") == true)
    options = bucket.options()
    options.selection = .tags(["SnapshotConfirmed"])
    _ = try await S3Sink(options).open()
    let manifest = try await S3Archive(options).manifest()
    #expect(manifest?.tags == ["SnapshotConfirmed"] && manifest?.mixedTags == true)
  }

  @Test("batches without a manifest, an invalid manifest, and a later one are refused")
  func manifests() async throws {
    let bucket = try TestBucket()
    try await bucket.drive(SampleEvents.make(9))
    let key = "head/1/hydra-sinks.json"
    let manifest = bucket.memory.objects[key]!
    bucket.memory.remove(key)
    var error = await #expect(throws: SinkError.self) { try await S3Sink(bucket.options()).open() }
    #expect(error?.code == "NoManifest")
    bucket.memory.set(key, MemoryBucket.Object(bytes: Array("{}".utf8), metadata: [:]))
    error = await #expect(throws: SinkError.self) { try await S3Sink(bucket.options()).open() }
    #expect(error?.code == "nonsense")
    let later = String(decoding: manifest.bytes, as: UTF8.self)
      .replacing("\"schema\":1", with: "\"schema\":2")
    bucket.memory.set(key, MemoryBucket.Object(bytes: Array(later.utf8), metadata: [:]))
    error = await #expect(throws: SinkError.self) { try await S3Sink(bucket.options()).open() }
    #expect(error?.code == "schema 2")
  }

  @Test(
    "a second state directory is refused, and the first one stays",
    arguments: [true, false])
  func owners(knowsConditions: Bool) async throws {
    let bucket = try TestBucket(MemoryBucket(knowsConditions: knowsConditions))
    _ = try await S3Sink(bucket.options()).open()
    let error = await #expect(throws: SinkError.self) {
      try await S3Sink(bucket.options(owner: "another")).open()
    }
    #expect(error?.remedy == .held)
    #expect(error?.message.contains("hydra-sinks-owner.json") == true)
    _ = try await S3Sink(bucket.options()).open()
    #expect(await S3Inspection.look(bucket.options(owner: "another")).severity == .error)
  }

  // MARK: - What is held

  @Test("a few requests find what is held, however much is stored")
  func requestsOfOpening() async throws {
    let bucket = try TestBucket(MemoryBucket(pageSize: 10))
    var events = SampleEvents.make(20)
    // Three years with one batch a day.
    for day in 0..<1000 {
      let time = EventTime(seconds: 1_790_000_000 + Int64(day) * 86_400)
      let id = UInt64(100 + day)
      events.append(
        StateEvent(
          position: Position(eventId: id, tag: "T", time: time),
          json: Array("{\"eventId\":\(id)}".utf8)))
    }
    try await bucket.drive(events)
    bucket.server.forgetSeen()
    #expect(try await S3Sink(bucket.options()).open() == .through(events.last!.position))
    #expect(bucket.server.seen.count <= 16, "\(bucket.server.seen.map(\.path))")
    bucket.server.forgetSeen()
    #expect(
      try await S3Sink(bucket.options()).position(before: events.last!.eventId)
        == events[events.count - 2].position)
    #expect(bucket.server.seen.count <= 16)
  }

  @Test("events after a position are set aside, and what was set aside stays")
  func superseding() async throws {
    let bucket = try TestBucket()
    let events = SampleEvents.make(30)
    try await bucket.drive(events)
    let sink = S3Sink(bucket.options())
    _ = try await sink.open()
    let batches = try cut(events, by: bucket.options().rule)
    // In the middle of the third batch: the events before it stay.
    let middle = batches[2].entries.first!.position
    #expect(try await sink.position(before: middle.eventId + 1) == middle)
    try await sink.supersede(after: middle)
    #expect(try await bucket.contents().last?.position == middle)
    #expect(try await S3Sink(bucket.options()).open() == .through(middle))
    let aside = bucket.memory.keys.filter { $0.hasPrefix("head/1/superseded/2026/") }
    #expect(aside.count == batches.count - 2 && aside.allSatisfy { $0.hasSuffix(".1") })
    // Done again, it makes no further copies.
    try await bucket.drive(events)
    try await sink.supersede(after: middle)
    #expect(bucket.memory.keys.filter { $0.contains("/superseded/") } == aside)
    try await sink.supersede(after: nil)
    #expect(try await bucket.contents() == [])
    #expect(try await S3Sink(bucket.options()).open() == .through(nil))
  }

  @Test("a damaged or cut-off object is named")
  func damaged() async throws {
    let bucket = try TestBucket()
    try await bucket.drive(SampleEvents.make(5))
    let key = bucket.memory.keys.first { $0.hasSuffix(".zst") }!
    var object = bucket.memory.objects[key]!
    object.bytes.removeLast(3)
    bucket.memory.set(key, object)
    let error = await #expect(throws: SinkError.self) { try await bucket.contents() }
    #expect(
      error?.code == "damaged" && error?.message.contains(key) == true,
      "\(String(describing: error))")
  }
}
