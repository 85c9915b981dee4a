import EventPersistence
import Logging
import Testing

@testable import hydra_sinks

@Suite("lines for people")
struct CalmLogTests {
  @Test("a log line has its time, its secondary and, for a warning or an error, its level")
  func lines() {
    #expect(
      CalmLog.line(.info, "caught up", secondary: "archive", stamp: "15:04:05")
        == "15:04:05 archive: caught up")
    #expect(CalmLog.line(.error, "exit 1", secondary: nil, stamp: nil) == "error exit 1")
    #expect(!CalmLog.line(.info, "a\u{1B}[2Jb", secondary: nil, stamp: nil).contains("\u{1B}"))
  }
}
