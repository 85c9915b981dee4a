/// A row of bars an eighth of a cell high, on a scale from 0 to the highest of them.
enum Sparkline {
  /// The scale reaches at least this far: a lag of a few events must not look large.
  static let highestMin: UInt64 = 50

  /// `columns` cells of `samples`, the latest to the right; each cell shows the highest of its
  /// samples, or a blank if none is known.
  static func text(_ samples: [UInt64?], columns: Int, levels: [String]) -> String {
    guard columns > 0, !samples.isEmpty else { return "" }
    let highest = max(highestMin, samples.lazy.compactMap { $0 }.max() ?? 0)
    var text = ""
    for column in 0..<columns {
      let from = column * samples.count / columns
      let through = max(from + 1, (column + 1) * samples.count / columns)
      let value = samples[from..<min(through, samples.count)].lazy.compactMap { $0 }.max()
      text += value.map { levels[level($0, of: highest)] } ?? " "
    }
    return text
  }

  /// 0 to 7; only 0 and values that round to it are the lowest.
  static func level(_ value: UInt64, of highest: UInt64) -> Int {
    guard highest > 0 else { return 0 }
    return min(7, Int((Double(value) / Double(highest) * 7).rounded()))
  }
}
