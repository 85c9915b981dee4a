internal import EventPersistence
internal import Foundation

/// The progress of long work, on one line of a terminal: bar, count, rate, time left.
///
/// It draws nothing elsewhere, and at most ten times a second.
package struct ProgressBar {
  private let title: String
  private let isShown: Bool
  private var samples: [(at: ContinuousClock.Instant, done: UInt64)] = []
  private var drawn: ContinuousClock.Instant?
  private var isDirty = false

  package init(_ title: String, isShown: Bool = StandardError.isTerminal) {
    self.title = title
    self.isShown = isShown
  }

  /// Shows that `done` of `total` are done; `total` is nil if it is not known.
  package mutating func show(done: UInt64, of total: UInt64?, note: String = "") {
    guard isShown else { return }
    let now = ContinuousClock.now
    // Another part of the work begins.
    if let last = samples.last, done < last.done { samples = [] }
    samples.append((now, done))
    // The rate of the last ten seconds: an older rate says little about the time left.
    samples.removeAll { now - $0.at > .seconds(10) }
    if let drawn, now - drawn < .milliseconds(100), done != total { return }
    drawn = now
    isDirty = true
    let line = Self.line(
      title: title, done: done, total: total, rate: rate, note: note, width: Self.width)
    StandardError.write("\r\u{1B}[K\(line)")
  }

  /// Clears the line for the next output.
  package mutating func clear() {
    guard isDirty else { return }
    StandardError.write("\r\u{1B}[K")
    isDirty = false
  }

  private var rate: Double? {
    guard let first = samples.first, let last = samples.last, last.at - first.at > .seconds(0.5)
    else { return nil }
    return Double(last.done &- first.done) / (last.at - first.at).inSeconds
  }

  package static func line(
    title: String, done: UInt64, total: UInt64?, rate: Double?, note: String, width: Int
  ) -> String {
    var words = [Visible.text(title)]
    if let total, total > 0 {
      let share = min(1, Double(done) / Double(total))
      let filled = Int((share * 20).rounded(.down))
      words.append(
        String(repeating: "█", count: filled) + String(repeating: "░", count: 20 - filled))
      words.append("\(Int(share * 100)) %")
      words.append("\(Quantity.count(done)) of \(Quantity.count(total))")
    } else {
      words.append(Quantity.count(done))
    }
    if let rate {
      words.append("· \(Quantity.rate(rate))")
      if let total, rate > 0, total > done {
        words.append("· \(Quantity.duration(Double(total - done) / rate)) left")
      }
    }
    if !note.isEmpty { words.append("· \(Visible.text(note))") }
    return DisplayWidth.cut(words.joined(separator: " "), to: max(20, width - 1), ellipsis: "…")
  }

  private static var width: Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }
}
