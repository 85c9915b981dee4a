import EventPersistence
import EventPersistenceTesting
import Foundation
import Synchronization
import SystemPackage
import Testing

@testable import HydraLog

@Suite("Reads that several readers of a log share")
struct SharedReadsTests {
  /// A segment of one event at every `step`, which counts its reads.
  private final class Segment: LogSegment {
    static let step: UInt64 = 1 << 20

    let name = "state"
    let identity: FileIdentity
    let placesAreBytes = true
    let reads = Mutex(0)
    let isGone = Mutex(false)
    let end = Mutex(UInt64.max)
    /// Called in the next read, once.
    let inRead = Mutex<(@Sendable () throws(SourceError) -> Void)?>(nil)

    /// - Parameter path: what has its identity.
    init(_ path: String = "/") throws { identity = FileIdentity(try Stat(path)) }

    func format(of ends: SegmentEnds) -> LogFormat? { .state }
    func ends(knowing known: SegmentEnds?) -> SegmentEnds { SegmentEnds() }
    func locate(id: UInt64) -> SegmentCursor { .start }
    func locate(time: EventTime, in course: TimeCourse) -> SegmentCursor { .start }
    func foreseen(after cursor: SegmentCursor, _ limits: BatchLimits) -> SegmentCursor? { nil }
    func byteCount(from: SegmentCursor, to: SegmentCursor?) -> UInt64? { nil }

    func part(from cursor: SegmentCursor, _ limits: BatchLimits) throws(SourceError) -> SegmentPart
    {
      if isGone.withLock({ $0 }) { throw SourceError(.changed, "it was replaced") }
      // A look at one event is no read.
      if limits.events > 1 { reads.withLock { $0 += 1 } }
      let call = inRead.withLock { call in
        defer { call = nil }
        return call
      }
      try call?()
      guard cursor.place < end.withLock({ $0 }) else { return .nothing(at: cursor) }
      var next = cursor
      next.place += Self.step
      let event = SampleEvents.make(1)[0]
      let buffer = EventBuffer(capacity: Int(Self.step))
      event.json.withUnsafeBytes { buffer.append($0) }
      buffer.append(byte: 0x0A)
      let entry = EventBatch.Entry(offset: 0, length: event.json.count, position: event.position)
      let batch = EventBatch(buffer: buffer, entries: [entry])
      return SegmentPart { [next] in SegmentRead(batch: batch, cursor: next) }
    }
  }

  private let shared = SharedReads(keptFor: .seconds(3600))
  private let limits = BatchLimits()

  /// Two readers that have read the first event, each for itself.
  private func two(of segment: Segment) throws -> [SharedReads.Seat] {
    let seats = [shared.seat(), shared.seat()]
    for seat in seats { _ = try seat.read(segment, from: .start, limits) }
    #expect(segment.reads.withLock { $0 } == 2)
    return seats
  }

  private var second: SegmentCursor { SegmentCursor(place: Segment.step) }

  @Test("at the same place, one read serves both")
  func same() throws {
    let segment = try Segment()
    let seats = try two(of: segment)
    let reads = try seats.map { try $0.read(segment, from: second, limits) }
    #expect(segment.reads.withLock { $0 } == 3)
    #expect(reads[0].batch?.buffer === reads[1].batch?.buffer)
    #expect(reads[0].cursor == reads[1].cursor)
  }

  @Test("a reader that is alone, far from the others, or in another file keeps nothing")
  func alone() throws {
    let segment = try Segment()
    let one = shared.seat()
    weak var buffer: EventBuffer?
    func read(_ place: UInt64) throws {
      buffer = try one.read(segment, from: SegmentCursor(place: place), limits).batch?.buffer
    }
    try read(0)
    #expect(buffer == nil)
    let far = shared.seat()
    _ = try far.read(segment, from: .start, limits)
    try read(SharedReads.windowBytes + 2 * Segment.step)
    #expect(buffer == nil)
    let other = shared.seat()
    _ = try other.read(Segment("/dev"), from: .start, limits)
    try read(SharedReads.windowBytes + 3 * Segment.step)
    #expect(buffer == nil)
    withExtendedLifetime((far, other)) {}
  }

  @Test("no more than the last reads are kept, until the other reader has passed them or is gone")
  func bound() throws {
    let segment = try Segment()
    var seats = try two(of: segment)
    var buffers: [() -> EventBuffer?] = []
    for step in 1...12 {
      let cursor = SegmentCursor(place: Segment.step * UInt64(step))
      let buffer = try seats[0].read(segment, from: cursor, limits).batch?.buffer
      buffers.append { [weak buffer] in buffer }
    }
    // Each of them is as large as a step.
    #expect(buffers.count { $0() != nil } <= SharedReads.keptBytesMax / Int(Segment.step))
    #expect(buffers[0]() == nil)
    seats.removeLast()
    #expect(buffers.allSatisfy { $0() == nil })
  }

  @Test("readers that began elsewhere, and ask for more or less, meet at the same places of a file")
  func meeting() throws {
    let folder = NSTemporaryDirectory() + "shared-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let events = SampleEvents.make(12_000, payload: 300)
    let lines = Data(events.map { $0.json + [0x0A] }.joined())
    try lines.write(to: URL(fileURLWithPath: "\(folder)/state"))
    let chain = LogChain(directory: folder)
    let segment = try #require(chain.links().first?.segment)
    let seats = (1...4).map { _ in shared.seat() }
    var cursors = [SegmentCursor](repeating: .start, count: seats.count)
    let own = [
      BatchLimits(), BatchLimits(events: 20_000, bytes: 16 << 20), BatchLimits(bytes: 2 << 20),
    ]
    // The last one begins elsewhere, and reads little at first.
    cursors[3] = try segment.read(from: .start, BatchLimits(events: 777)).cursor
    var buffers: [Set<ObjectIdentifier>] = Array(repeating: [], count: seats.count)
    var kept: [EventBuffer] = []
    while cursors[0].place < lines.count {
      for index in seats.indices {
        let read = try seats[index].read(
          segment, from: cursors[index], index < own.count ? own[index] : BatchLimits())
        cursors[index] = read.cursor
        guard let buffer = read.batch?.buffer else { continue }
        kept.append(buffer)
        buffers[index].insert(ObjectIdentifier(buffer))
      }
    }
    #expect(buffers[0].count > 4)
    // Each reads its first events for itself, since nobody knows of the others yet, and the end, where more
    // may follow by now.
    for own in buffers[1...] { #expect(own.intersection(buffers[0]).count == buffers[0].count - 2) }
  }

  @Test("a reader waits for what another one is reading", .timeLimit(.minutes(10)))
  func waiting() async throws {
    let segment = try Segment()
    let seats = try two(of: segment)
    let (begun, begin) = AsyncStream<Void>.makeStream()
    let goesOn = DispatchSemaphore(value: 0)
    segment.inRead.withLock {
      $0 = {
        begin.yield()
        goesOn.wait()
      }
    }
    let ended = AsyncStream<Void>.makeStream()
    for seat in seats {
      Thread.detachNewThread { [second, limits] in
        #expect(throws: Never.self) { try seat.read(segment, from: second, limits) }
        ended.continuation.yield()
      }
    }
    for await _ in begun { break }
    goesOn.signal()
    var count = 0
    for await _ in ended.stream {
      count += 1
      if count == 2 { break }
    }
    #expect(segment.reads.withLock { $0 } == 3)
  }

  @Test("what was read long ago is read again")
  func old() throws {
    let shared = SharedReads(keptFor: .seconds(-1))
    let segment = try Segment()
    let seats = [shared.seat(), shared.seat()]
    for cursor in [.start, second] {
      for seat in seats { _ = try seat.read(segment, from: cursor, limits) }
    }
    #expect(segment.reads.withLock { $0 } == 4)
  }

  @Test("an error is its reader's own")
  func failing() throws {
    let segment = try Segment()
    let seats = try two(of: segment)
    segment.inRead.withLock {
      $0 = { () throws(SourceError) in throw SourceError(.unreadable, "once") }
    }
    #expect(throws: SourceError.self) { try seats[0].read(segment, from: second, limits) }
    #expect(try seats[1].read(segment, from: second, limits).batch != nil)
  }

  @Test("what was read of a file that was replaced is not given out")
  func replaced() throws {
    let segment = try Segment()
    let seats = try two(of: segment)
    _ = try seats[0].read(segment, from: second, limits)
    segment.isGone.withLock { $0 = true }
    #expect(throws: SourceError.self) { try seats[1].read(segment, from: second, limits) }
  }

  @Test("a read that found nothing is asked again")
  func grown() throws {
    let segment = try Segment()
    let seats = try two(of: segment)
    segment.end.withLock { $0 = Segment.step }
    #expect(try seats[0].read(segment, from: second, limits).batch == nil)
    segment.end.withLock { $0 = .max }
    #expect(try seats[1].read(segment, from: second, limits).batch != nil)
  }
}
