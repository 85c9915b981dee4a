/// Durations as people write them: `100ms`, `30s`, `5m`, `2h`, `7d`.
package enum DurationText {
  /// What a message names as expected.
  package static let expectation = "a duration like 100ms, 30s, 5m, 2h or 7d"

  /// The duration that `text` names: a positive number, whole or with a fraction, and a unit.
  package static func parse(_ text: String) -> Duration? {
    let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    guard let value = Double(digits), value > 0 else { return nil }
    let secondsPerUnit: Double
    switch text.dropFirst(digits.count) {
    case "ms": secondsPerUnit = 0.001
    case "s": secondsPerUnit = 1
    case "m": secondsPerUnit = 60
    case "h": secondsPerUnit = 3600
    case "d": secondsPerUnit = 86_400
    default: return nil
    }
    let seconds = value * secondsPerUnit
    // A hundred years: long enough, and far from overflow.
    guard seconds <= 3.2e9 else { return nil }
    return .seconds(seconds)
  }
}

/// Sizes as people write them: `4096`, `64k`, `4M`, `1G`, in powers of 1024.
package enum SizeText {
  package static let expectation = "a size in bytes like 4096, 64k, 16M or 1G"

  package static func parse(_ text: String) -> Int? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let value = Int(digits), value > 0 else { return nil }
    let shift: Int
    switch text.dropFirst(digits.count).lowercased() {
    case "", "b": shift = 0
    case "k", "kb", "kib": shift = 10
    case "m", "mb", "mib": shift = 20
    case "g", "gb", "gib": shift = 30
    default: return nil
    }
    let (size, overflow) = value.multipliedReportingOverflow(by: 1 << shift)
    return overflow ? nil : size
  }
}

extension Duration {
  /// In seconds, as a `Double` holds them.
  package var inSeconds: Double {
    Double(components.seconds) + Double(components.attoseconds) / 1e18
  }
}
