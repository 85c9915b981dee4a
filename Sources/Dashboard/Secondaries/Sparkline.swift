internal import Wording

/// A row of bars an eighth of a cell high, on a scale from 0 to the highest of them.
enum Sparkline {
  /// The scale reaches at least this far: a lag of a few events must not look large.
  static let highestMin: UInt64 = 50

  /// Bars leave the upper eighth of a cell blank, or those of two rows would touch.
  static let levelCount = 7

  /// The room for the end of the scale, which follows the bars.
  private static let scaleWidth = 7

  /// `samples`, the latest to the right, and the end of their scale if `width` has room for it. Each cell shows the
  /// highest of its samples, or a blank if none is known.
  static func text(_ samples: [UInt64?], width: Int, levels: [String]) -> String {
    guard width > 0, let highestOfAll = Self.highest(of: samples[...]) else { return "" }
    let highest = max(highestMin, highestOfAll)
    let hasScale = width >= 2 * scaleWidth
    let columns = hasScale ? width - scaleWidth : width
    var text = ""
    for column in 0..<columns {
      let from = column * samples.count / columns
      let through = max(from + 1, (column + 1) * samples.count / columns)
      let value = Self.highest(of: samples[from..<min(through, samples.count)])
      text += value.map { levels[level($0, of: highest)] } ?? " "
    }
    return hasScale ? text + " " + Quantity.short(highest) : text
  }

  private static func highest(of samples: ArraySlice<UInt64?>) -> UInt64? {
    var highest: UInt64?
    for case let sample? in samples where highest.map({ sample > $0 }) ?? true { highest = sample }
    return highest
  }

  /// 0 to 6; only 0 and values that round to it are the lowest.
  static func level(_ value: UInt64, of highest: UInt64) -> Int {
    guard highest > 0 else { return 0 }
    let top = levelCount - 1
    return min(top, Int((Double(value) / Double(highest) * Double(top)).rounded()))
  }
}
