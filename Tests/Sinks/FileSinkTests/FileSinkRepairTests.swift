import EventPersistence
import EventPersistenceTesting
import Foundation
import Testing

@testable import FileSink

@Suite("The file sink's repair of itself")
struct FileSinkRepairTests {
  let events = FileSinkTests.log(60)

  private func overwrite(_ path: String, _ change: (inout Data) -> Void) throws {
    var data = try Data(contentsOf: URL(fileURLWithPath: path))
    change(&data)
    try data.write(to: URL(fileURLWithPath: path))
  }

  @Test(
    "a last line torn at any byte is cut off, and written when it comes again")
  func tornTail() async throws {
    let folder = try ArchiveFolder()
    let part = Array(events[..<9])
    try await folder.store(part)
    let last = try #require(folder.segments.last)
    let whole = try Data(contentsOf: URL(fileURLWithPath: folder.file(last)))
    let expected = try folder.snapshot()
    for count in 0..<whole.count {
      try whole.prefix(count).write(to: URL(fileURLWithPath: folder.file(last)))
      let sink = folder.sink()
      let holdings = try await sink.open()
      guard case .through(let held?) = holdings else {
        Issue.record("\(holdings) at \(count)")
        continue
      }
      let index = try #require(part.firstIndex { $0.position == held })
      #expect(try folder.contents() == Array(part[...index]))
      try await folder.put(part, from: index + 1, by: 1, into: sink)
      await sink.close()
      #expect(try folder.snapshot() == expected, "torn at \(count)")
    }
    #expect(folder.superseded.isEmpty)
  }

  @Test("a segment that vanished while the archive is open is written again by a replay")
  func vanished() async throws {
    let folder = try ArchiveFolder()
    let sink = folder.sink()
    _ = try await sink.open()
    try await folder.put(events, into: sink)
    let expected = try folder.snapshot()
    try FileManager.default.removeItem(atPath: folder.file(folder.segments[2]))
    await sink.willDeliverAgain(after: nil)
    try await folder.put(events, into: sink)
    await sink.close()
    #expect(try folder.contents() == events)
    #expect(Set(try folder.snapshot().keys) == Set(expected.keys))
  }

  @Test("zeros at the end, as a crash of the machine leaves them, are cut off")
  func zeros() async throws {
    let folder = try ArchiveFolder()
    try await folder.store(events)
    let expected = try folder.snapshot()
    try overwrite(folder.file(folder.segments.last!)) { $0.append(Data(count: 500)) }
    let sink = folder.sink()
    #expect(try await sink.open() == .through(events.last!.position))
    await sink.close()
    #expect(try folder.snapshot() == expected)
  }

  @Test("a last segment damaged in its middle is set aside, and its good lines stay")
  func damagedTail() async throws {
    let folder = try ArchiveFolder()
    try await folder.store(events)
    let expected = try folder.snapshot()
    let last = folder.segments.last!
    // The second line's beginning.
    try overwrite(folder.file(last)) {
      let line = $0.firstIndex(of: 0x0A)! + 1
      $0.replaceSubrange(line..<line + 20, with: Data(count: 20))
    }
    let sink = folder.sink()
    let holdings = try await sink.open()
    await sink.close()
    #expect(holdings == .through(events[events.count - 4].position))
    #expect(folder.superseded == ["\(last).1"])
    try await folder.store(events, by: 9)
    #expect(try folder.snapshot() == expected)
  }

  /// What can happen to a segment.
  enum Damage: CaseIterable {
    case removed, cutInALine, cutBehindALine, emptied, byteChanged, bracketChanged, lineDoubled
    case lineRemoved, linesSwapped, zeros
  }

  @Test("whatever happened to a segment, a replay restores it", arguments: Damage.allCases)
  func damage(_ damage: Damage) async throws {
    for size in [4, 1000] {
      let folder = try ArchiveFolder()
      try await folder.store(events)
      let expected = try folder.snapshot()
      for index in folder.segments.indices {
        let name = folder.segments[index]
        try inflict(damage, folder.file(name))
        try await folder.store(events, by: size)
        let snapshot = try folder.snapshot()
        let isSame = snapshot == expected
        #expect(isSame, "segment \(index), \(size) at once")
      }
    }
  }

  private func inflict(_ damage: Damage, _ path: String) throws {
    if damage == .removed {
      try FileManager.default.removeItem(atPath: path)
      return
    }
    try overwrite(path) { data in
      var lines = data.split(separator: 0x0A)
      switch damage {
      case .removed: break
      case .cutInALine: data = data.prefix(data.count - 5)
      case .cutBehindALine: data = data.prefix(lines[0].count + 1)
      case .emptied: data = Data()
      case .byteChanged: data[data.lastIndex(of: UInt8(ascii: "t"))!] = UInt8(ascii: "u")
      case .bracketChanged: data[data.lastIndex(of: UInt8(ascii: "}"))!] = UInt8(ascii: "{")
      case .lineDoubled:
        lines.insert(lines[lines.count / 2], at: lines.count / 2)
        data = Data(lines.joined(separator: [0x0A])) + [0x0A]
      case .lineRemoved:
        lines.remove(at: lines.count / 2)
        data = lines.isEmpty ? Data() : Data(lines.joined(separator: [0x0A])) + [0x0A]
      case .linesSwapped:
        lines.swapAt(0, lines.count - 1)
        data = Data(lines.joined(separator: [0x0A])) + [0x0A]
      case .zeros: data.replaceSubrange(2..<min(40, data.count), with: Data(count: 38))
      }
    }
  }

  @Test("a damaged segment is kept aside when it is rebuilt")
  func keptAside() async throws {
    let folder = try ArchiveFolder()
    try await folder.store(events)
    let name = folder.segments[2]
    try overwrite(folder.file(name)) { $0[30] ^= 1 }
    let damaged = try Data(contentsOf: URL(fileURLWithPath: folder.file(name)))
    try await folder.store(events)
    #expect(folder.superseded == ["\(name).1"])
    #expect(
      try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/superseded/\(name).1")) == damaged)
  }

  @Test("an archive that lacks every second segment is completed")
  func everySecond() async throws {
    let folder = try ArchiveFolder()
    try await folder.store(events)
    let expected = try folder.snapshot()
    for (index, name) in folder.segments.enumerated() where index % 2 == 1 {
      try FileManager.default.removeItem(atPath: folder.file(name))
    }
    try await folder.store(events, by: 3)
    #expect(try folder.snapshot() == expected)
  }

  @Test("a replay that ends in the middle fills in missing events and keeps later ones")
  func endsInTheMiddle() async throws {
    for count in stride(from: 12, through: 40, by: 4) {
      let folder = try ArchiveFolder()
      try await folder.store(events)
      let lost = folder.file(folder.segments[2])
      let lines = try String(contentsOfFile: lost, encoding: .utf8).split(separator: "\n")
        .map(String.init)
      let all = try folder.lines()
      try FileManager.default.removeItem(atPath: lost)
      let replayed = Array(events[..<count])
      try await folder.store(replayed)
      let again = Set(replayed.map { String(decoding: $0.json, as: UTF8.self) })
      let expected = all.filter { !lines.contains($0) || again.contains($0) }
      #expect(try folder.lines() == expected, "through \(count) events")
    }
  }

  @Test("held lines that the log no longer has stay in their place")
  func extra() async throws {
    let folder = try ArchiveFolder()
    try await folder.store(events)
    let fewer = events.filter { $0.eventId % 3 != 0 }
    try await folder.store(fewer)
    #expect(try folder.contents() == events)
  }

  @Test(
    "a rebuild that a crash interrupted at any step is finished when the archive is opened")
  func interruptedRebuild() async throws {
    // Two segments become two others; the crash comes before step n of the remaining ones.
    for step in 0...3 {
      let folder = try ArchiveFolder()
      try await folder.store(events)
      let expected = try folder.snapshot()
      let names = folder.segments
      let rebuild = folder.path + "/rebuild"
      let files = FileManager.default
      try? files.createDirectory(atPath: rebuild, withIntermediateDirectories: true)
      let steps = Rebuild.Steps(
        install: [names[3], names[2]], remove: ["00000000000000000009.7.jsonl"],
        setAside: [names[2]: "\(names[2]).1"])
      for name in steps.install {
        try files.copyItem(atPath: folder.file(name), toPath: "\(rebuild)/\(name)")
      }
      try Data("old\n".utf8).write(to: URL(fileURLWithPath: folder.file(names[2])))
      try Data("old\n".utf8).write(to: URL(fileURLWithPath: folder.file(steps.remove[0])))
      try JSONEncoder().encode(steps).write(to: URL(fileURLWithPath: "\(rebuild)/steps.json"))
      if step > 0 {
        try files.createDirectory(
          atPath: "\(folder.path)/superseded", withIntermediateDirectories: true)
        try files.moveItem(
          atPath: folder.file(names[2]), toPath: "\(folder.path)/superseded/\(names[2]).1")
      }
      if step > 1 { rename("\(rebuild)/\(names[3])", folder.file(names[3])) }
      if step > 2 { rename("\(rebuild)/\(names[2])", folder.file(names[2])) }
      let sink = folder.sink()
      #expect(try await sink.open() == .through(events.last!.position))
      await sink.close()
      #expect(try folder.snapshot() == expected, "before step \(step)")
      #expect(folder.superseded == ["\(names[2]).1"])
    }
  }

  @Test("segments of a rebuild without its list are discarded")
  func undecidedRebuild() async throws {
    let folder = try ArchiveFolder()
    try await folder.store(events)
    let expected = try folder.snapshot()
    try FileManager.default.createDirectory(
      atPath: folder.path + "/rebuild", withIntermediateDirectories: true)
    try Data("half".utf8).write(
      to: URL(fileURLWithPath: folder.path + "/rebuild/\(folder.segments[1])"))
    try await folder.store(events)
    #expect(try folder.snapshot() == expected)
  }

  @Test("a segment that exists twice becomes one again, and nothing is set aside for that")
  func doubledSegment() async throws {
    let folder = try ArchiveFolder()
    let events = SampleEvents.make(24)
    try await folder.store(events)
    let before = try folder.snapshot()
    let name = folder.segments[1]
    try FileManager.default.copyItem(
      atPath: folder.file(name), toPath: folder.file(name.replacing(".0.", with: ".1.")))
    do {
      let archive = try Archive(
        FileSink.Options(path: folder.path, interval: .seconds(20), eventsMax: 5), now: { .now })
      // A line with an id out of place counts as damaged.
      #expect(try archive.segments.load(SegmentName(name)!).positions.allSatisfy { $0 != nil })
    }
    let sink = folder.sink()
    _ = try await sink.open()
    try await folder.put(events, into: sink)
    #expect(await sink.takeNotes() == [])
    await sink.close()
    #expect(try folder.snapshot() == before)
    #expect(folder.superseded.isEmpty)
  }

  @Test("a note says what was set aside and where it is now")
  func toldOfSettingAside() async throws {
    let folder = try ArchiveFolder()
    let events = FileSinkTests.log(24)
    try await folder.store(events)
    let name = folder.segments[1]
    var bytes = try Data(contentsOf: URL(fileURLWithPath: folder.file(name)))
    bytes[0] = 0x58
    try bytes.write(to: URL(fileURLWithPath: folder.file(name)))
    let sink = folder.sink()
    _ = try await sink.open()
    try await folder.put(events, into: sink)
    let notes = await sink.takeNotes()
    #expect(notes.count == 1)
    #expect(notes.first?.contains(folder.file(name)) == true, "\(notes)")
    #expect(notes.first?.contains("superseded/\(folder.superseded[0])") == true, "\(notes)")
    await sink.close()
    #expect(try folder.contents() == events)
  }
}
