import EventPersistence
import EventPersistenceTesting
import Foundation
import Testing

@testable import SecondaryStatus

@Suite struct HistoryRingTests {
  typealias Sample = HistoryRing.Sample
  let state = TemporaryState()
  var ring: HistoryRing { state.folder.history }

  func sample(_ minute: Int64, _ state: SecondaryState = .ok) -> Sample {
    var sample = Sample(minute: minute, state: state)
    sample.checkpointId = UInt64(minute)
    sample.headId = .max
    sample.lagSeconds = 0.25
    return sample
  }

  @Test(
    "a sample survives being written and read, with unknown values as unknown",
    arguments: SecondaryState.allCases)
  func roundTrip(state: SecondaryState) throws {
    var known = sample(29_736_000, state)
    known.lagEvents = 3
    known.ratePerSecond = 41.5
    try ring.append(known)
    let unknown = Sample(minute: 29_736_001, state: state)
    try ring.append(unknown)
    #expect(try ring.read(29_735_000...29_737_000) == [known, unknown])
  }

  @Test("after a week the oldest minutes make room, and the file has not grown")
  func ringAround() throws {
    let first: Int64 = 29_736_000
    let week = Int64(HistoryRing.minuteCount)
    for minute in [first, first + 1, first + week, first + week + 5] {
      try ring.append(sample(minute))
    }
    let all = try ring.read(0...(first + week + 5))
    #expect(all.map(\.minute) == [first + week, first + week + 5])
    let size = try FileManager.default.attributesOfItem(
      atPath: state.folder.path + "/history")[.size]
    #expect(size as? Int == 64 + 64 * HistoryRing.minuteCount)
  }

  @Test("samples across the ring's end come in order")
  func acrossTheEnd() throws {
    let seam = Int64(HistoryRing.minuteCount) * 2950
    let minutes = (seam - 3)...(seam + 3)
    for minute in minutes.reversed() { try ring.append(sample(minute)) }
    #expect(try ring.read(minutes).map(\.minute) == Array(minutes))
    #expect(try ring.read((seam - 1)...seam).map(\.minute) == [seam - 1, seam])
  }

  @Test("a record that a crash tore reads as absent, whichever byte is wrong")
  func torn() throws {
    let path = state.folder.path + "/history"
    for offset in 0..<64 where !(50..<60).contains(offset) {
      try ring.append(sample(0))
      let handle = try #require(FileHandle(forUpdatingAtPath: path))
      defer { try? handle.close() }
      try handle.seek(toOffset: UInt64(64 + offset))
      let byte = try #require(try handle.read(upToCount: 1)).first!
      try handle.seek(toOffset: UInt64(64 + offset))
      try handle.write(contentsOf: [byte ^ 0x40])
      #expect(try ring.read(-5...5).isEmpty, "byte \(offset)")
    }
  }

  @Test("a file cut off in the middle still gives its whole samples")
  func cut() throws {
    try ring.append(sample(0))
    try ring.append(sample(1))
    truncate(state.folder.path + "/history", 64 + 64 + 30)
    #expect(try ring.read(0...9).map(\.minute) == [0])
  }

  @Test("a later version is refused by its number, and left unchanged")
  func laterVersion() throws {
    try state.plant(
      "HSHISTRY\u{2}\0\0\0" + String(repeating: "\0", count: 52), in: "history")
    let before = try state.text(of: "history")
    for attempt in [
      { try ring.append(sample(1)) }, { _ = try ring.read(0...1) },
    ] {
      let error = #expect(throws: StateError.self) { try attempt() }
      #expect(error?.message.contains("version 2") == true)
    }
    #expect(try state.text(of: "history") == before)
  }
}
