import EventPersistence
import Foundation
import Logging
import Testing

@testable import hydra_sinks

@Suite("lines for people")
struct CalmLogTests {
  private func line(_ level: Logger.Level, _ message: String) -> LogLine {
    LogLine(
      time: EventTime("2026-07-15T15:04:05.25Z"), level: level, node: "alice", secondary: "archive",
      fields: ["state": "stalled", "lag": "12"], message: message)
  }

  @Test("a log line has its time, its secondary and, for a warning or an error, its level")
  func lines() {
    #expect(
      line(.info, "caught up").text(.text) == "2026-07-15T15:04:05.250Z alice/archive: caught up")
    var bare = line(.error, "exit 1")
    bare.time = nil
    bare.node = nil
    bare.secondary = nil
    #expect(bare.text(.text) == "error exit 1")
    #expect(!line(.info, "a\u{1B}[2Jb").text(.text).contains("\u{1B}"))
  }

  @Test("logfmt and JSON have the same as keys and values, and foreign text stays in its value")
  func formats() throws {
    let hostile = line(.warning, "stalled: \"x\" level=error\n\u{1B}[2J")
    #expect(
      hostile.text(.logfmt)
        == #"time=2026-07-15T15:04:05.250Z level=warning node=alice secondary=archive lag=12 "#
        + #"state=stalled msg="stalled: \"x\" level=error\\x0a\\x1b[2J""#)
    let object = try JSONDecoder().decode(
      [String: String].self, from: Data(hostile.text(.json).utf8))
    #expect(object["msg"] == hostile.message && object["secondary"] == "archive")
    #expect(object["level"] == "warning" && object["state"] == "stalled")
    #expect(!hostile.text(.json).contains("\n"))
  }

  @Test("a warning that repeats is said once a minute, with how often it came")
  func repeated() {
    var lines = RepeatedLines()
    let start = ContinuousClock.now
    func said(_ level: Logger.Level, after seconds: Int) -> String? {
      lines.take(line(level, "busy"), at: start + .seconds(seconds))?.message
    }
    #expect(said(.warning, after: 0) == "busy")
    for second in 1...49 { #expect(said(.warning, after: second) == nil) }
    #expect(said(.warning, after: 60) == "busy (and 49 times since this was last said)")
    #expect(said(.info, after: 61) == "busy" && said(.info, after: 61) == "busy")
  }

  @Test("the journal is where standard error leads, not merely named")
  func journal() {
    #expect(!CalmLog.isJournal(nil) && !CalmLog.isJournal("1:2"))
    var status = stat()
    fstat(STDERR_FILENO, &status)
    #expect(CalmLog.isJournal("\(status.st_dev):\(status.st_ino)"))
    #expect(line(.warning, "").journalPrefix == "<4>" && line(.error, "").journalPrefix == "<3>")
  }
}
