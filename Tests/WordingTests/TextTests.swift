import EventPersistence
import SecondaryStatus
import Testing
import Wording

@Suite struct VisibleTests {
  @Test(
    "text that could fool a terminal or a reader is written out",
    arguments: [
      ("plain", "plain"), ("\u{1B}[31m", "\\x1b[31m"), ("a\nb\r", "a\\x0ab\\x0d"),
      ("\u{7F}", "\\x7f"), ("\u{9B}31m", "\\x9b31m"), ("\u{202E}abc", "\\u202eabc"),
      ("\u{2066}\u{2069}", "\\u2066\\u2069"), ("\u{200B}\u{FEFF}", "\\u200b\\ufeff"),
      ("\u{2028}", "\\u2028"), ("\u{E000}", "\\ue000"), ("\u{E0041}", "\\ue0041"),
      ("\u{AD}", "\\xad"), ("a\tb", "a b"), ("é日…█", "é日…█"), ("e\u{301}", "e\u{301}"),
    ])
  func text(text: String, visible: String) { #expect(Visible.text(text) == visible) }
}

@Suite struct DisplayWidthTests {
  @Test(
    "a text takes the columns that a terminal gives it",
    arguments: [
      ("abc", 3), ("é", 1), ("e\u{301}", 1), ("日本", 4), ("ﾊ", 1), ("👩", 2), ("한", 2), ("┤█", 2),
      ("—…·", 3), ("\u{1100}\u{1161}", 2), ("⚡", 2), ("▲", 1),
    ])
  func columns(text: String, columns: Int) { #expect(DisplayWidth.of(text) == columns) }

  @Test("wrapping breaks at blanks, and inside a word only if it is too long")
  func wrap() {
    #expect(
      DisplayWidth.wrap("one two three", to: 8, lines: 5, ellipsis: "…") == ["one two", "three"])
    #expect(
      DisplayWidth.wrap("abcdefghijk", to: 4, lines: 2, ellipsis: "…") == ["abcd", "efg…"])
    #expect(
      DisplayWidth.wrap("held 3 853 853, 3 853 853 events", to: 17, lines: 5, ellipsis: "…")
        == ["held 3 853 853,", "3 853 853 events"])
    #expect(
      DisplayWidth.wrap("ids 4 and 5 1234", to: 11, lines: 5, ellipsis: "…")
        == ["ids 4 and 5", "1234"])
    #expect(DisplayWidth.wrap("", to: 4, lines: 2, ellipsis: "…").isEmpty)
    #expect(DisplayWidth.wrap("日本語", to: 1, lines: 9, ellipsis: "").count == 3)
  }
}

@Suite struct ConsumerTextTests {
  @Test("a consumer in a line: where it is, how far behind, what it has yet to read, its last sign")
  func line() {
    let now = EventTime(seconds: 1000)
    var consumer = ConsumerReport(
      name: "127.0.0.1:51234", address: "127.0.0.1:51234", confirmed: nil, isAwaited: true)
    #expect(consumer.text(lag: 900, now: now) == "has not confirmed an event yet")
    consumer.name = "scrolls"
    consumer.confirmed = Position(eventId: 1_284_000)
    consumer.unsentBytes = 12_345
    consumer.answeredAt = now.advanced(bySeconds: -0.4)
    consumer.note = "from 1 000 on"
    #expect(
      consumer.text(lag: 331, now: now)
        == "127.0.0.1:51234 · at 1 284 000 · 331 behind · 12.3 kB unsent · answered 0.4 s ago · "
        + "from 1 000 on")
    #expect(consumer.text(lag: 0, now: now).contains("at 1 284 000 · at the head"))
    #expect(
      SlowConsumer(name: "scrolls", behind: 3173).text == "waits for scrolls, 3 173 behind")
    #expect(SlowConsumer(name: "scrolls", behind: nil).text == "waits for scrolls")
  }
}

@Suite struct QuantityTests {
  @Test(
    "numbers are grouped by threes",
    arguments: [
      (0, "0"), (999, "999"), (1000, "1 000"), (1_284_331, "1 284 331"),
      (UInt64.max, "18 446 744 073 709 551 615"),
    ] as [(UInt64, String)])
  func count(value: UInt64, text: String) { #expect(Quantity.count(value) == text) }

  @Test(
    "one event, two events", arguments: [(0, "0 events"), (1, "1 event"), (2402, "2 402 events")])
  func counted(value: UInt64, text: String) { #expect(Quantity.count(value, "event") == text) }

  @Test(
    "a count where there is little room",
    arguments: [
      (0, "0"), (999, "999"), (1000, "1.00 k"), (2679, "2.68 k"), (99_950, "100 k"),
      (999_499, "999 k"),
      (999_500, "1.00 M"), (UInt64.max, "18.4 E"),
    ] as [(UInt64, String)])
  func short(value: UInt64, text: String) { #expect(Quantity.short(value) == text) }

  @Test(
    "a rate has as many digits as are useful",
    arguments: [
      (0, "0/s"), (0.04, "0/s"), (0.3, "0.3/s"), (1, "1/s"), (9.96, "10/s"), (42.4, "42/s"),
      (12_345, "12 345/s"), (1_234_567, "1.23 M/s"), (.infinity, "?"), (-1, "?"),
    ] as [(Double, String)])
  func rate(value: Double, text: String) { #expect(Quantity.rate(value) == text) }

  @Test(
    "a size has three digits",
    arguments: [
      (402, "402 B"), (999, "999 B"), (1000, "1.00 kB"), (11_200, "11.2 kB"),
      (999_400, "999 kB"), (999_600, "1.00 MB"), (3_240_000_000, "3.24 GB"),
    ] as [(UInt64, String)])
  func bytes(value: UInt64, text: String) { #expect(Quantity.bytes(value) == text) }

  @Test(
    "a duration has two units at most",
    arguments: [
      (0, "0 s"), (0.42, "0.4 s"), (9.96, "10 s"), (59.4, "59 s"), (59.6, "1 m 00 s"),
      (245, "4 m 05 s"), (4320, "1 h 12 m"), (273_600, "3 d 4 h"), (.nan, "?"), (1e300, "?"),
    ] as [(Double, String)])
  func duration(value: Double, text: String) { #expect(Quantity.duration(value) == text) }

  @Test("an age always has its decimal, so that it does not jump")
  func age() {
    #expect(
      [0, 0.04, 1, 9.9, 12, -3].map(Quantity.age) == [
        "0.0 s", "0.0 s", "1.0 s", "9.9 s", "12 s", "0.0 s",
      ])
  }

  @Test("a time of another day is shown with its day, in no more columns")
  func moment() throws {
    let now = Now.now
    #expect(Quantity.moment(Now.time(0.3), now: now) == "15:04:05.200")
    #expect(Quantity.moment(Now.time(86_400), now: now) == "Jul 14 15:04")
    #expect(Quantity.moment(Now.time(86_400 * 800), now: now) == "2024-05-06")
    #expect(Quantity.since(Now.time(90_000), now: now) == "Jul 14 14:04")
    #expect(Quantity.end(Now.time(-20), now: now) == "15:04:25")
    #expect(Quantity.end(Now.time(-7200), now: now) == "17:04")
    #expect(Quantity.end(Now.time(90_000), now: now) == "Jul 14 14:04")
  }

  @Test("durations are read as typed")
  func seconds() {
    #expect(Quantity.seconds(in: "2h30m") == 9000)
    #expect(Quantity.seconds(in: "500ms") == 0.5)
    #expect(Quantity.seconds(in: "90") == 90)
    for text in ["", "h", "2x", "1..5h", "-3m"] { #expect(Quantity.seconds(in: text[...]) == nil) }
  }
}

@Suite struct TimeTextTests {
  @Test(
    "a time is read as a person types it",
    arguments: [
      ("15:04", "2026-07-15T15:04:00Z"), ("15:05", "2026-07-14T15:05:00Z"),
      ("03:02:01", "2026-07-15T03:02:01Z"), ("2026-07-01", "2026-07-01T00:00:00Z"),
      ("2026-07-01 10:00", "2026-07-01T10:00:00Z"), ("2026-07-01T10:00Z", "2026-07-01T10:00:00Z"),
      ("-10m", "2026-07-15T14:54:05.5Z"), ("10m", "2026-07-15T14:54:05.5Z"),
    ])
  func read(text: String, time: String) {
    #expect(TimeText.read(text, now: Now.now)?.description == time)
  }

  @Test(
    "a text that is not a time is refused",
    arguments: ["", "25:00", "noon", "2026-13-01", "-x", "-1", "15:4"])
  func refused(text: String) { #expect(TimeText.read(text, now: Now.now) == nil) }

  @Test(
    "of a time that does not exist, the part that does not is named",
    arguments: [
      ("2026-02-30", "February 2026 has no day 30"),
      ("2026-02-30T10:00:00Z", "February 2026 has no day 30"),
      ("2025-02-29 10:00", "February 2025 has no day 29"),
      ("2026-04-31", "April 2026 has no day 31"),
      ("2026-07-00", "July 2026 has no day 00"), ("2026-13-01", "no month is 13"),
      ("2026-07-15T24:00:00Z", "no hour is 24"), ("25:00", "no hour is 25"),
      ("10:60", "no minute is 60"), ("10:00:61", "no second is 61"),
      ("2026-07-15T10:00:00", nil), ("15:4", nil), ("noon", nil), ("2026-02-300", nil), ("", nil),
    ])
  func fault(text: String, fault: String?) { #expect(TimeText.fault(in: text) == fault) }
}

/// The current time of these tests.
private enum Now {
  static let now = EventTime("2026-07-15T15:04:05.5Z")!

  static func time(_ secondsBefore: Double) -> EventTime {
    now.advanced(bySeconds: -secondsBefore)
  }
}
