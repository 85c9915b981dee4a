internal import EventPersistence

/// A time as a node has it in CBOR: a day of a year, and picoseconds of that day.
struct NodeTime {
  static let picosecondsASecond: UInt64 = 1_000_000_000_000

  /// 0 to 9999.
  let year: UInt64
  /// 1 to 366.
  let day: UInt64
  /// A leap second is the day's 86,401st.
  let picoseconds: UInt64

  /// Nil outside these bounds, which are those of a time with a text.
  init?(year: UInt64, day: UInt64, picoseconds: UInt64) {
    guard year <= 9999, (1...366).contains(day),
      picoseconds < 86_401 * Self.picosecondsASecond
    else { return nil }
    self.year = year
    self.day = day
    self.picoseconds = picoseconds
    // A day after the last of 9999.
    guard EventTime.secondsBounds.contains(seconds) else { return nil }
  }

  /// Whether no other day and time of day are the same instant.
  var isCanonical: Bool {
    day <= Self.days(beforeMonth: 13, of: year) && picoseconds < 86_400 * Self.picosecondsASecond
  }

  private var seconds: Int64 {
    // A year has 365 days, and one more if it is divisible by 4, but not by 100 unless by 400.
    // 719,162 days lie between the first days of the years 1 and 1970.
    let past = Int64(year) - 1
    let leapDays = past < 0 ? -1 : past / 4 - past / 100 + past / 400
    let days = past * 365 + leapDays - 719_162 + Int64(day) - 1
    return days * 86_400 + Int64(picoseconds / Self.picosecondsASecond)
  }

  var eventTime: EventTime {
    EventTime(seconds: seconds, picoseconds: Int64(picoseconds % Self.picosecondsASecond))
  }

  /// The days of `year` before its month, from 1; 13 is the next year's first.
  private static func days(beforeMonth month: Int, of year: UInt64) -> UInt64 {
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let days: UInt64 =
      switch month {
      case 1: 0
      case 2: 31
      case 3: 59
      case 4: 90
      case 5: 120
      case 6: 151
      case 7: 181
      case 8: 212
      case 9: 243
      case 10: 273
      case 11: 304
      case 12: 334
      default: 365
      }
    return days + (isLeap && month > 2 ? 1 : 0)
  }
}

// MARK: - Text

extension NodeTime {
  /// The time that `text` names exactly as a node writes it: `2026-07-15T10:00:00.123456789012Z`,
  /// without zeros at its end; nil for anything else.
  init?(utf8 text: UnsafeRawBufferPointer) {
    guard EventTime(utf8: text) != nil,
      text.count == 20 || text[text.count - 2] != UInt8(ascii: "0")
    else { return nil }
    func number(_ range: Range<Int>) -> UInt64 {
      range.reduce(0) { $0 * 10 + UInt64(text[$1] - UInt8(ascii: "0")) }
    }
    let seconds = number(17..<19)
    var fraction = text.count > 20 ? number(20..<text.count - 1) : 0
    for _ in max(0, text.count - 21)..<12 { fraction *= 10 }
    let year = number(0..<4)
    // A leap second's text would be that of the next day's first.
    guard seconds < 60 else { return nil }
    self.init(
      year: year,
      day: Self.days(beforeMonth: Int(number(5..<7)), of: year) + number(8..<10),
      picoseconds: ((number(11..<13) * 60 + number(14..<16)) * 60 + seconds)
        * Self.picosecondsASecond + fraction)
  }
}

extension ByteWriter {
  /// A time as a quoted string.
  mutating func time(_ time: NodeTime) {
    guard time.isCanonical else { return string(time.eventTime.description) }
    let (month, day) = time.monthAndDay
    let seconds = time.picoseconds / NodeTime.picosecondsASecond
    byte(UInt8(ascii: "\""))
    digits(time.year, width: 4)
    byte(UInt8(ascii: "-"))
    digits(month, width: 2)
    byte(UInt8(ascii: "-"))
    digits(day, width: 2)
    byte(UInt8(ascii: "T"))
    digits(seconds / 3600, width: 2)
    byte(UInt8(ascii: ":"))
    digits(seconds / 60 % 60, width: 2)
    byte(UInt8(ascii: ":"))
    digits(seconds % 60, width: 2)
    fraction(picoseconds: time.picoseconds % NodeTime.picosecondsASecond)
    raw("Z\"")
  }
}

extension NodeTime {
  fileprivate var monthAndDay: (month: UInt64, day: UInt64) {
    var month = Int(day - 1) / 32 + 1
    while day > Self.days(beforeMonth: month + 1, of: year) { month += 1 }
    return (UInt64(month), day - Self.days(beforeMonth: month, of: year))
  }
}
