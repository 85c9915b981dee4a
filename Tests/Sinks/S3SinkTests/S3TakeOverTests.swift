import EventPersistence
import EventPersistenceTesting
import Synchronization
import Testing

@testable import S3Sink

@Suite("Taking over a prefix") struct S3TakeOverTests {
  private let bucket: TestBucket
  private let events = SampleEvents.make(20)

  init() throws { bucket = try TestBucket() }

  /// The time of day that the sinks are told.
  private final class Wall: Sendable {
    private let time = Mutex(EventTime.now)
    var now: EventTime { time.withLock(\.self) }
    func advance(_ seconds: Double) { time.withLock { $0 = $0.advanced(bySeconds: seconds) } }
  }

  private func options(_ owner: String, _ wall: Wall) -> S3Sink.Options {
    var options = bucket.options(owner: owner)
    options.wall = { wall.now }
    return options
  }

  private func takeOver(_ owner: String, _ wall: Wall) -> S3TakeOver {
    let options = options(owner, wall)
    return S3TakeOver(options, ownerFile: options.ownerFile!)
  }

  @Test("it is found whose it is, since when it is silent, and whether that driver may live")
  func look() async throws {
    let wall = Wall()
    #expect(try await takeOver("new", wall).look().owner == nil)
    try await bucket.drive(events, options("old", wall))
    bucket.memory.writtenAt.withLock { $0 = wall.now }
    let fresh = try await takeOver("new", wall).look()
    #expect(fresh.owner != nil && !fresh.isOwn && fresh.mayLive && fresh.writtenAt != nil)
    #expect(try await takeOver("old", wall).look().isOwn)
    wall.advance(601)
    #expect(try await !takeOver("new", wall).look().mayLive)
  }

  @Test("a driver that was only silent stores nothing more after its prefix was taken over")
  func fenced() async throws {
    let wall = Wall()
    let old = S3Sink(options("old", wall))
    _ = try await old.open()
    let batches = try cut(events, by: bucket.options().rule)
    try await old.deliver(batches[0])
    wall.advance(601)
    try await takeOver("new", wall).execute()
    let before = bucket.memory.keys
    let error = await #expect(throws: SinkError.self) { try await old.deliver(batches[1]) }
    #expect(error?.remedy == .held, "\(String(describing: error))")
    #expect(bucket.memory.keys == before)
    try await bucket.drive(events, options("new", wall))
    #expect(try await bucket.contents() == events)
  }
}
