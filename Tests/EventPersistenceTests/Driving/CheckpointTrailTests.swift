import EventPersistenceTesting
import Foundation
import Testing

@testable import EventPersistence

@Suite struct CheckpointTrailTests {
  private static let events = SampleEvents.make(10)
  private let date = EventTime(seconds: 1_800_000_000)

  private static func trail(at index: Int?) -> CheckpointTrail {
    CheckpointTrail(
      index.map { Checkpoint(position: events[$0].position, at: nil, highest: 7) }, at: .zero)
  }

  @Test("a stored position is written once, with the highest id ever")
  func stored() {
    var trail = Self.trail(at: 3)
    #expect(trail.checkpointToWrite(at: date) == nil)
    trail.store(after: Self.events[3].position, through: Self.events[5].position)
    trail.store(after: Self.events[5].position, through: Self.events[6].position)
    let checkpoint = trail.checkpointToWrite(at: date)
    #expect(
      checkpoint == Checkpoint(position: Self.events[6].position, at: date, highest: 7))
    #expect(trail.checkpoint?.eventId == 3)
    trail.saved(checkpoint, at: .zero)
    #expect(trail.checkpoint?.eventId == 6 && !trail.isUnsaved)
    #expect(trail.checkpointToWrite(at: date) == nil)
  }

  @Test("the checkpoint is due after 250 ms, and after each failure, later each time")
  func due() {
    var trail = Self.trail(at: nil)
    #expect(!trail.isDue(at: .seconds(9)))
    trail.store(after: nil, through: Self.events[0].position)
    #expect(!trail.isDue(at: .milliseconds(249)) && trail.isDue(at: .milliseconds(250)))
    let full = StateError(.notWritable, "the disk is full")
    trail.saveFailed(full, at: Turn(now: .zero, date: date, jitter: 1))
    #expect(trail.recovery.wait(at: .zero) == .milliseconds(250))
    trail.saveFailed(full, at: Turn(now: .zero, date: date, jitter: 1))
    #expect(trail.recovery.wait(at: .zero) == .milliseconds(500))
    #expect(trail.isUnsaved && trail.isDue(at: .zero))
    trail.saved(trail.checkpointToWrite(at: date), at: .zero)
    #expect(trail.recovery.trouble == nil && trail.recovery.wait(at: .zero) == nil)
  }

  @Test("delivering a range again leaves the checkpoint")
  func range() {
    var trail = Self.trail(at: 8)
    trail.storeAgain()
    #expect(trail.isUnsaved && trail.checkpointToWrite(at: date) == nil)
    #expect(trail.stored == Self.events[8].position)
  }

  @Test(
    "a batch out of order, and a step back that goes forward, are programming errors, which stop")
  func outOfOrder() async {
    await #expect(processExitsWith: .failure) {
      var trail = Self.trail(at: 3)
      trail.store(after: Self.events[4].position, through: Self.events[5].position)
    }
    await #expect(processExitsWith: .failure) {
      var trail = Self.trail(at: 3)
      trail.goBack(to: Self.events[4].position)
    }
  }

  @Test("only the holder of the folder's lock writes a checkpoint")
  func lock() async throws {
    await #expect(processExitsWith: .failure) {
      let state = StateDirectory(
        path: FileManager.default.temporaryDirectory.path + "/trail-\(UUID().uuidString)")
      let lock = try #require(try state.folder("warm").lock())
      // The parent sees how it ends; the folder is removed before.
      defer { lock.release() }
      try FileManager.default.removeItem(atPath: state.path)
      try state.folder("cold").write(
        Checkpoint(position: nil, at: nil, highest: nil), holding: lock)
    }
  }
}
