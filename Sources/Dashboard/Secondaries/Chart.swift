import EventPersistence
internal import Wording

/// Lag over time as columns of blocks, an eighth of a line fine.
enum Chart {
  /// The highest lag in each of `columns` periods that end `now`; nil if nothing was recorded.
  static func buckets(
    _ samples: [SecondaryHistory.Sample], seconds: Double, columns: Int, now: EventTime
  ) -> [UInt64?] {
    guard columns > 0 else { return [] }
    var buckets = [UInt64?](repeating: nil, count: columns)
    for sample in samples {
      let age = now.seconds(since: sample.at)
      guard age >= 0, age < seconds, let lag = sample.lagEvents else { continue }
      let column = columns - 1 - min(columns - 1, Int(age / seconds * Double(columns)))
      buckets[column] = max(buckets[column] ?? 0, lag)
    }
    return buckets
  }

  /// The axis below: how long ago, at the beginning and in the middle, and `now` at the end.
  static func axis(seconds: Double, columns: Int) -> String {
    let from = "-\(Quantity.shortDuration(seconds))"
    guard columns >= from.count + 4 else { return "" }
    var text = from
    // Half of it, or for a week, the nearest whole days.
    let middle = seconds > 2 * 86_400 ? (seconds / 2 / 86_400).rounded(.down) * 86_400 : seconds / 2
    let mark = "-\(Quantity.shortDuration(middle))"
    let column = Int((1 - middle / seconds) * Double(columns)) - mark.count / 2
    if columns >= 40 { text = text.filled(to: column) + mark }
    return text.filled(to: columns - 3) + "now"
  }

  /// `lines` texts, the highest first. The lowest line always shows that there was a sample.
  static func lines(
    _ buckets: [UInt64?], highest: UInt64, lines: Int, levels: [String]
  ) -> [String] {
    (0..<lines).map { line in
      let below = Double(lines - 1 - line) * 8
      var text = ""
      for bucket in buckets {
        guard let bucket else {
          text += " "
          continue
        }
        let height =
          highest == 0 ? 0 : Double(bucket) / Double(highest) * Double(lines * 8)
        let eighths = Int((height - below).rounded())
        if eighths >= 8 {
          text += levels[7]
        } else if eighths >= 1 {
          text += levels[eighths - 1]
        } else {
          text += line == lines - 1 ? levels[0] : " "
        }
      }
      return text
    }
  }
}
