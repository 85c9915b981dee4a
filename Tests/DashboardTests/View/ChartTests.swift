import EventPersistence
import Testing

@testable import Dashboard

@Suite struct ChartTests {
  let levels = Glyphs(isUTF8: true).levels

  @Test("bars are on a scale from 0 to the highest, and unknown values are blank")
  func sparkline() {
    #expect(Sparkline.text([0, 350, nil, 700], width: 4, levels: levels) == "▁▄ ▇")
    #expect(Sparkline.text([700, 0], width: 4, levels: levels) == "▇▇▁▁")
    #expect(Sparkline.text([], width: 4, levels: levels).isEmpty)
    // The highest of each stretch, so that no peak is lost.
    #expect(Sparkline.text([0, 700, 0, 0], width: 2, levels: levels) == "▇▁")
    #expect(Sparkline.text([0, 2679], width: 14, levels: levels) == "▁▁▁▁▇▇▇ 2.68 k")
  }

  @Test("a lag of a few events does not look large")
  func floor() {
    #expect(Sparkline.text([1, 3, 2], width: 3, levels: levels) == "▁▁▁")
    #expect(Sparkline.level(.max, of: .max) == 6)
  }

  @Test("a chart has the highest lag at its top, and blanks where nothing was recorded")
  func chart() {
    let samples = [
      SecondaryHistory.Sample(at: Fixture.time(3599), lagEvents: 16),
      SecondaryHistory.Sample(at: Fixture.time(1), lagEvents: 8),
      SecondaryHistory.Sample(at: Fixture.time(4000), lagEvents: 99),
    ]
    let buckets = Chart.buckets(samples, seconds: 3600, columns: 4, now: Fixture.now)
    #expect(buckets == [16, nil, nil, 8])
    #expect(Chart.lines(buckets, highest: 16, lines: 2, levels: levels) == ["█   ", "█  █"])
    #expect(Chart.lines([0, nil], highest: 0, lines: 2, levels: levels) == ["  ", "▁ "])
  }
}
