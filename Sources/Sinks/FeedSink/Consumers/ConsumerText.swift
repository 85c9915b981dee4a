/// Numbers and times in the sentences about consumers.
enum ConsumerText {
  /// Digits in groups of three.
  static func grouped(_ value: UInt64) -> String {
    var text = ""
    let digits = String(value)
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text.append(" ") }
      text.append(digit)
    }
    return text
  }

  /// In MiB, with a tenth.
  static func mebibytes(_ bytes: Int) -> String {
    let tenths = (bytes * 10 + (1 << 19)) >> 20
    return "\(tenths / 10).\(tenths % 10) MiB"
  }

  /// Tenths of a second below 10 s, then seconds, minutes and hours.
  static func time(_ duration: Duration) -> String {
    let tenths = Int(max(.zero, duration) / .milliseconds(100))
    let seconds = tenths / 10
    switch seconds {
    case ..<10: return "\(seconds).\(tenths % 10) s"
    case ..<120: return "\(seconds) s"
    case ..<7200: return "\(seconds / 60) min"
    default: return "\(seconds / 3600) h"
    }
  }
}
