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
    #expect(forwards?.kind == .damaged)
    #expect(forwards?.message.contains("at byte \(offset)") == true)
    #expect(throws: SourceError.self) { try segment.ends(knowing: nil) }
    #expect(folder.directory.surveyNow().state == .unreadable)
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
