import Testing

@testable import EventPersistence

@Suite("The position that an event's JSON names")
struct PositionJSONTests {
  func position(_ text: String) -> Position? {
    Array(text.utf8).withUnsafeBytes { Position(json: $0) }
  }

  @Test("id, tag and time are found in any order, among any other members")
  func found() {
    let time = EventTime("2026-07-15T10:00:00.5Z")
    #expect(
      position(
        #"{"eventId":12,"stateChanged":{"a":{"tag":"Inner"},"tag":"HeadOpened"},"time":"2026-07-15T10:00:00.5Z"}"#
      ) == Position(eventId: 12, tag: "HeadOpened", time: time))
    #expect(
      position(
        #" { "time" : "2026-07-15T10:00:00.5Z", "stateChanged" : { "tag" : "T", "x" : [ "}", "\"", {} ] } , "eventId" : 7 } "#
      ) == Position(eventId: 7, tag: "T", time: time))
    #expect(
      position(#"{"eventId":4611686018427387904}"#) == Position(eventId: Position.idMax))
    #expect(
      position(#"{"eventId":1,"stateChanged":null,"n":-1.5e3,"b":true}"#) == Position(eventId: 1))
  }

  @Test("text that is not one whole object with an id is not an event")
  func refused() {
    for text in [
      "", "{}", "[]", "null", #"{"eventId":"1"}"#, #"{"eventId":1"#, #"{"eventId":1}}"#,
      #"{"eventId":1}{"eventId":2}"#, #"{"eventId":18446744073709551616}"#,
      #"{"eventId":4611686018427387905}"#, #"{"eventId":-1}"#,
      #"{"eventId":1,"stateChanged":{"tag":"T"}"#, #"{"eventId":1,"x":"open}"#,
      "{\"eventId\":1,\"x\":\"a\u{0}b\"}", #"{"eventId":1,"x":[}"#, #"{"eventId":1,}"#, "\0\0\0",
      #"{"stateChanged":{"tag":"T"},"time":"2026-07-15T10:00:00Z"}"#,
    ] {
      #expect(position(text) == nil, "\(text)")
    }
  }

  @Test("an object that is cut anywhere is not an event")
  func cut() {
    let text =
      #"{"eventId":12,"stateChanged":{"tag":"T","x":["\\","a\"b"]},"time":"2026-07-15T10:00:00Z"}"#
    #expect(position(text) != nil)
    for count in 0..<text.count { #expect(position(String(text.prefix(count))) == nil) }
  }

  @Test("a string ends at its first unescaped quote, wherever it is")
  func strings() {
    for count in 0...40 {
      let text = String(repeating: "é", count: count / 2) + String(repeating: "~", count: count % 2)
      for (end, isEvent) in [
        ("", true), (#"\""#, true), (#"\\"#, true), ("\u{7F}\u{80}", true), ("\u{1F}", false),
        ("\t", false), (#"\"#, false),
      ] {
        for rest in ["", "y", String(repeating: "x", count: count)] {
          let json =
            "{\"eventId\":3,\"stateChanged\":{\"a\":\"\(text)\(end)\(end == "\\" ? "" : rest)\",\"tag\":\"T\"}}"
          #expect((position(json) == Position(eventId: 3, tag: "T")) == isEvent, "\(json)")
        }
      }
    }
  }
}
