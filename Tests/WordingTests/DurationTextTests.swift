import Testing
import Wording

@Suite("durations and sizes")
struct DurationTextTests {
  @Test(
    "a number and a unit is a duration",
    arguments: [
      ("100ms", Duration.milliseconds(100)), ("30s", .seconds(30)), ("5m", .seconds(300)),
      ("2h", .seconds(7200)), ("7d", .seconds(604_800)), ("1.5s", .milliseconds(1500)),
    ])
  func durations(_ text: String, _ duration: Duration) {
    #expect(DurationText.parse(text) == duration)
  }

  @Test(
    "anything else is refused", arguments: ["", "5", "m", "-5s", "5 s", "0s", "5w", "9999999999d"])
  func noDuration(_ text: String) {
    #expect(DurationText.parse(text) == nil)
  }

  @Test("a size is a number, in powers of 1024 with a letter")
  func sizes() {
    #expect(SizeText.parse("4096") == 4096)
    #expect(SizeText.parse("64k") == 65_536)
    #expect(SizeText.parse("16MiB") == 16 << 20)
    #expect(SizeText.parse("0") == nil)
    #expect(SizeText.parse("1.5M") == nil)
    #expect(SizeText.parse("9223372036854775807G") == nil)
  }
}
