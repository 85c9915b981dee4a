import Testing

@testable import EventPersistence

@Suite struct EventTimeTests {
  @Test(
    "a time's text survives being read and written",
    arguments: [
      "1970-01-01T00:00:00Z", "2026-07-15T10:00:00.123456789012Z",
      "1864-05-10T23:28:59.26886109689Z", "2024-02-29T23:59:59.5Z", "0001-03-01T00:00:00.1Z",
      "1969-12-31T23:59:59.999999999999Z",
    ])
  func roundTrip(text: String) throws {
    #expect(try #require(EventTime(text)).description == text)
  }

  @Test("each digit after the point counts, and each must be one", arguments: 1...12)
  func fraction(count: Int) throws {
    let digits = String("987654321098".prefix(count))
    let picoseconds = try #require(Int64(digits + String(repeating: "0", count: 12 - count)))
    let found = EventTime("1970-01-01T00:00:01.\(digits)Z")
    #expect(found == EventTime(seconds: 1, picoseconds: picoseconds))
    for index in 0..<count {
      for other in ["/", ":", "z", ".", "\u{1}", "-"] {
        let wrong = digits.prefix(index) + other + digits.dropFirst(index + 1)
        #expect(EventTime("1970-01-01T00:00:01.\(wrong)Z") == nil)
      }
    }
  }

  @Test(
    "text that is not a time is refused",
    arguments: [
      "", "2026-07-15", "2026-13-15T10:00:00Z", "2026-07-15T10:00:00", "2026-07-15 10:00:00Z",
      "2026-07-15T10:00:00.Z", "2026-07-15T10:00:00.1234567890123Z", "2026-07-15T25:00:00Z",
      "9999-12-31T23:59:60Z", "10000-01-01T00:00:00Z", "2026-02-30T10:00:00Z",
      "2026-02-29T10:00:00Z", "2026-04-31T10:00:00Z", "2026-07-00T10:00:00Z",
    ])
  func refused(text: String) {
    #expect(EventTime(text) == nil)
  }

  @Test(
    "a time has as many digits after the point as are asked for",
    arguments: [
      (0, "1969-12-31T23:59:59Z"), (3, "1969-12-31T23:59:59.050Z"),
      (12, "1969-12-31T23:59:59.050000000000Z"), (13, "1969-12-31T23:59:59.050000000000Z"),
    ])
  func digits(count: Int, text: String) {
    #expect(EventTime(seconds: -1, picoseconds: 50_000_000_000).text(fractionDigits: count) == text)
  }

  @Test("a time that no node can write has the text of the nearest that one can")
  func beyond() {
    #expect(EventTime(seconds: .max).description == "9999-12-31T23:59:59Z")
    #expect(EventTime(seconds: .min).description == "0000-01-01T00:00:00Z")
  }

  @Test("arithmetic carries across whole seconds and before 1970")
  func arithmetic() throws {
    let time = try #require(EventTime("1970-01-01T00:00:00.25Z"))
    #expect(time.advanced(bySeconds: -0.5).description == "1969-12-31T23:59:59.75Z")
    #expect(time.advanced(bySeconds: 0.75).description == "1970-01-01T00:00:01Z")
    #expect(time.advanced(bySeconds: -0.5).seconds(since: time) == -0.5)
    #expect(time.advanced(bySeconds: 1e300).description == "9999-12-31T23:59:59Z")
    #expect(time.advanced(bySeconds: -.infinity).description == "0000-01-01T00:00:00Z")
  }
}
