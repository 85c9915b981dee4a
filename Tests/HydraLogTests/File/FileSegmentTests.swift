import EventPersistence
import Foundation
import Testing

@testable import HydraLog

@Suite("a state file")
struct FileSegmentTests {
  let folder = LogFolder()

  @Test("a line longer than the bound is an error that names its offset, from either end")
  func tooLong() throws {
    folder.write("state", [Line.tick(0)])
    let offset = Line.tick(0).utf8.count + 1
    // Blocks that were never written cost nothing and read as NUL bytes.
    folder.resize("state", to: offset + FileSegment.lineBytesMax + (4 << 20))
    let segment = folder.segment()
    let first = try segment.read(from: .start, BatchLimits())
    #expect(first.batch?.last.eventId == 0)
    let forwards = #expect(throws: SourceError.self) {
      try segment.read(from: first.cursor, BatchLimits())
    }
    #expect(forwards?.kind == .damaged(next: nil))
    #expect(forwards?.message.contains("at byte \(offset)") == true)
    #expect(try segment.ends(knowing: nil).damage?.kind == .damaged(next: nil))
    let survey = folder.directory.surveyNow()
    #expect(survey.state == .unreadable && survey.first?.eventId == 0 && survey.head == nil)
  }

  @Test("the events before and after a line longer than the bound are found and read")
  func around() async throws {
    folder.write("state", Line.ticks(0...499))
    let offset = Line.ticks(0...499).joined(separator: "\n").utf8.count + 1
    folder.resize("state", to: offset + FileSegment.lineBytesMax + (4 << 20))
    folder.append("state", "\n" + Line.ticks(501...999).joined(separator: "\n") + "\n")
    let directory = folder.directory
    let survey = directory.surveyNow()
    #expect(survey.state == .live && survey.head?.eventId == 999)
    let reader = directory.reader(from: .first)
    var read: [UInt64] = []
    let error = await #expect(throws: SourceError.self) {
      while let batch = try await reader.next(BatchLimits(), through: nil) {
        read += batch.entries.map(\.position.eventId)
      }
    }
    #expect(read == Array(0...499))
    let next = Position(eventId: 501, tag: "TickObserved", time: Line.time(501))
    #expect(error?.kind == .damaged(next: next))
    #expect(error?.message.contains("at byte \(offset)") == true)
    for id in [0, 250, 498, 501, 502, 750, 999] as [UInt64] {
      #expect(try await directory.locate(.id(id))?.eventId == id)
      #expect(try await directory.locate(.time(Line.time(id)))?.eventId == id)
      let position = Position(eventId: id, tag: "TickObserved", time: Line.time(id))
      #expect(try await directory.status(of: position).match == .found)
    }
    let last = Position(eventId: 499, tag: "TickObserved", time: Line.time(499))
    let status = await #expect(throws: SourceError.self) { try await directory.status(of: last) }
    #expect(status?.kind == .damaged(next: next))
    #expect(try await directory.reader(from: .id(500)).all().map(\.eventId) == Array(501...999))
    #expect(try await directory.extent(from: next, through: survey.head!).events == 499)
  }

  @Test(
    "a full batch knows the event after it, also a large one: it is complete, and stored as such")
  func followedByLarge() throws {
    let limits = BatchLimits(events: 100_000, bytes: 1 << 20)
    var lines: [String] = []
    var byteCount = 0
    while byteCount + 200 < limits.bytes {
      lines.append(Line.tick(UInt64(lines.count)))
      byteCount += lines.last!.utf8.count + 1
    }
    let next = UInt64(lines.count)
    let padding = String(repeating: "x", count: 7000)
    let large =
      #"{"eventId":\#(next),"stateChanged":{"peer":"\#(padding)","tag":"PeerConnected"},"#
      + #""time":"\#(Line.time(next))"}"#
    folder.write("state", lines + [large, Line.tick(next + 1)])
    let batch = try folder.segment().read(from: .start, limits).batch
    #expect(batch?.entries.count == lines.count)
    #expect(batch?.following?.eventId == next)
    #expect(batch?.following?.length == large.utf8.count)
  }

  /// A line longer than the bound, at the beginning of `name`.
  private func beginWithLongLine(_ name: String, then lines: [String]) {
    folder.write(name, "")
    folder.resize(name, to: FileSegment.lineBytesMax + (4 << 20))
    folder.append(name, "\n" + lines.map { $0 + "\n" }.joined())
  }

  @Test("the events after a first line longer than the bound are found and read")
  func firstLine() async throws {
    beginWithLongLine("state", then: Line.ticks(3...999))
    let directory = folder.directory
    let survey = directory.surveyNow()
    #expect(survey.state == .live && survey.first?.eventId == 3 && survey.head?.eventId == 999)
    let next = Position(eventId: 3, tag: "TickObserved", time: Line.time(3))
    for position in [nil, Position(eventId: 1)] {
      let error = await #expect(throws: SourceError.self) {
        try await directory.status(of: position)
      }
      #expect(error?.kind == .damaged(next: next))
    }
    for start in [Start.first, .id(0), .id(2)] {
      let error = await #expect(throws: SourceError.self) { try await directory.locate(start) }
      #expect(error?.kind == .damaged(next: next))
    }
    #expect(try await directory.predecessor(of: next) == nil)
    for id in [3, 4, 500, 999] as [UInt64] {
      #expect(try await directory.locate(.id(id))?.eventId == id)
      #expect(try await directory.locate(.time(Line.time(id)))?.eventId == id)
    }
    #expect(try await directory.reader(from: .id(3)).all().map(\.eventId) == Array(3...999))
    // Lines without ids cannot be counted from there.
    beginWithLongLine("state", then: [#"{"tag":"TickObserved","chainSlot":1}"#])
    let bare = await #expect(throws: SourceError.self) { try await directory.locate(.first) }
    #expect(bare?.kind == .damaged(next: nil))
  }

  @Test("an archive of which nothing can be read is passed over at the next segment's first event")
  func deadArchive() async throws {
    folder.write("state-100", Line.ticks(0...100))
    folder.write("state-200", "")
    folder.resize("state-200", to: FileSegment.lineBytesMax + (4 << 20))
    folder.write("state", [Line.checkpoint(200)] + Line.ticks(201...250))
    let directory = folder.directory
    let next = Position(eventId: 200, tag: "Checkpoint", time: Line.time(200))
    let reader = directory.reader(from: .first)
    #expect(try await reader.next(BatchLimits(), through: nil)?.last.eventId == 100)
    let error = await #expect(throws: SourceError.self) {
      try await reader.next(BatchLimits(), through: nil)
    }
    #expect(error?.kind == .damaged(next: next))
    let last = Position(eventId: 100, tag: "TickObserved", time: Line.time(100))
    let status = await #expect(throws: SourceError.self) { try await directory.status(of: last) }
    #expect(status?.kind == .damaged(next: next))
    #expect(try await directory.reader(from: .id(200)).all().first?.position == next)
    #expect(try await directory.predecessor(of: next) == last)
    folder.remove("state-100")
    #expect(directory.surveyNow().first == next)
    let first = await #expect(throws: SourceError.self) { try await directory.status(of: nil) }
    #expect(first?.kind == .damaged(next: next))
  }

  @Test("a long line comes alone, and is found by its id among short ones")
  func longLines() throws {
    let long = "{\"pad\":\"\(String(repeating: "x", count: 3 << 20))\",\"tag\":\"Large\"}"
    let lines = (0..<300).map { $0 % 100 == 50 ? Samples.event($0, long) : Line.tick(UInt64($0)) }
    folder.write("state", lines)
    let segment = folder.segment()
    for id in [0, 49, 50, 51, 150, 249, 250, 251, 299] {
      let read = try segment.read(from: segment.locate(id: UInt64(id)), BatchLimits(bytes: 1000))
      #expect(read.batch?.first.eventId == UInt64(id))
      if id % 100 == 50 { #expect(read.batch?.entries.count == 1) }
    }
    #expect(try segment.ends(knowing: nil).last?.eventId == 299)
  }

  @Test("its beginning is not read again while it grows")
  func knownEnds() throws {
    folder.write("state", Line.ticks(0...9))
    let segment = folder.segment()
    let ends = try segment.ends(knowing: nil)
    folder.append("state", Line.tick(10) + "\n")
    var known = ends
    known.second = Position(eventId: 77)
    #expect(try segment.ends(knowing: known).second?.eventId == 77)
    #expect(try segment.ends(knowing: known).last?.eventId == 10)
    folder.resize("state", to: 0)
    folder.append("state", Line.tick(5) + "\n")
    #expect(try segment.ends(knowing: known).first?.eventId == 5)
  }

  @Test("a reader notices that a file was rewritten, whatever its length is now")
  func writtenAnew() throws {
    folder.write("state", Line.ticks(0...9))
    let segment = folder.segment()
    let read = try segment.read(from: .start, BatchLimits(events: 5))
    folder.resize("state", to: 0)
    #expect(throws: SourceError.self) { try segment.read(from: read.cursor, BatchLimits()) }
    folder.append("state", Line.ticks(20...99).joined(separator: "\n") + "\n")
    let error = #expect(throws: SourceError.self) {
      try segment.read(from: read.cursor, BatchLimits())
    }
    #expect(error?.kind == .changed)
  }

  @Test("a FIFO in its place is an error, and does not block")
  func fifo() {
    mkfifo("\(folder.path)/state", 0o600)
    #expect(folder.directory.surveyNow().state == .unreadable)
    #expect(folder.directory.surveyNow().sentence?.contains("is not a file") == true)
  }
}
