import Foundation

/// An instant in UTC, with the picoseconds that a hydra-node writes.
///
/// Its text is that of the node: `2026-07-15T10:00:00.123456789012Z`, up to twelve fractional
/// digits, without trailing zeros and without a point where the fraction is 0. Years 0000 to 9999.
public struct EventTime: Sendable, Hashable {
  /// Whole seconds since 1970-01-01T00:00:00Z, negative before it.
  public var seconds: Int64

  /// The rest, from 0 to 999 999 999 999.
  public var picoseconds: Int64

  public init(seconds: Int64, picoseconds: Int64 = 0) {
    precondition((0..<1_000_000_000_000).contains(picoseconds), "picoseconds of one second")
    self.seconds = seconds
    self.picoseconds = picoseconds
  }

  /// Those of the years 0000 to 9999: others have no text.
  package static let secondsBounds: ClosedRange<Int64> = -62_167_219_200...253_402_300_799

  /// The wall clock's time, to the microsecond.
  public static var now: EventTime {
    // Not by `clock_gettime`: whether the compiler sees the members of its `timespec` depends on which files
    // of a module it compiles together.
    let microseconds = Int64((Date().timeIntervalSince1970 * 1e6).rounded())
    let (seconds, rest) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
    return EventTime(seconds: seconds, picoseconds: rest * 1_000_000)
  }

  /// Seconds since 1970, rounded to what a `Double` holds (about a microsecond today).
  public var secondsSince1970: Double { Double(seconds) + Double(picoseconds) / 1e12 }

  /// The seconds from `other` to this instant; negative if this one is earlier.
  public func seconds(since other: EventTime) -> Double {
    Double(seconds - other.seconds) + Double(picoseconds - other.picoseconds) / 1e12
  }

  /// This instant plus `interval` seconds (which may be negative), to the microsecond, within the
  /// years 0000 to 9999.
  public func advanced(bySeconds interval: Double) -> EventTime {
    let (first, last) = (Self.secondsBounds.lowerBound, Self.secondsBounds.upperBound)
    let sum = secondsSince1970 + interval
    if sum <= Double(first) { return EventTime(seconds: first) }
    guard sum < Double(last) else { return EventTime(seconds: last) }
    let micros = Int64((interval * 1e6).rounded())
    var whole = seconds + micros / 1_000_000
    var rest = picoseconds + micros % 1_000_000 * 1_000_000
    if rest < 0 {
      whole -= 1
      rest += 1_000_000_000_000
    } else if rest >= 1_000_000_000_000 {
      whole += 1
      rest -= 1_000_000_000_000
    }
    return EventTime(seconds: whole, picoseconds: rest)
  }
}

extension EventTime: Comparable {
  public static func < (left: EventTime, right: EventTime) -> Bool {
    (left.seconds, left.picoseconds) < (right.seconds, right.picoseconds)
  }
}

// MARK: - Text

extension EventTime: LosslessStringConvertible {
  /// The instant that `text` names in the node's form; nil if it has another form.
  public init?(_ text: String) {
    var text = text
    guard let time = text.withUTF8({ EventTime(utf8: UnsafeRawBufferPointer($0)) }) else {
      return nil
    }
    self = time
  }

  /// The same from bytes, without an allocation.
  public init?(utf8 bytes: UnsafeRawBufferPointer) {
    guard (20...33).contains(bytes.count), bytes[bytes.count - 1] == UInt8(ascii: "Z"),
      bytes.count == 20 || bytes.count > 21 && bytes[19] == UInt8(ascii: ".")
    else { return nil }
    // Without these texts, digits are 0 to 9, and what is between them is 0.
    let date = Self.word(bytes, at: 0) ^ Self.word("0000-00-")
    let time = Self.word(bytes, at: 8) ^ Self.word("00T00:00")
    let rest = Self.word(bytes, at: 12) >> 32 & 0xFF_FFFF ^ Self.word(":00\0\0\0\0\0")
    let separators =
      date & 0xFF00_00FF_0000_0000 | time & 0x0000_FF00_00FF_0000 | rest & 0xFF
    guard separators == 0, Self.areDigits(date), Self.areDigits(time), Self.areDigits(rest) else {
      return nil
    }
    func number(_ word: UInt64, _ index: UInt64) -> Int64 {
      Int64(word >> (index * 8) & 0xF) * 10 + Int64(word >> (index * 8 + 8) & 0xF)
    }
    let year = number(date, 0) * 100 + number(date, 2)
    let (month, day) = (number(date, 5), number(time, 0))
    let (hour, minute, second) = (number(time, 3), number(time, 6), number(rest, 1))
    var picoseconds: Int64 = 0
    if bytes.count > 20 {
      let end = bytes.count - 1
      let count = end - 20
      let last = min(count, 8)
      guard let high = Self.number(bytes, before: end - last, count: count - last),
        let low = Self.number(bytes, before: end, count: last)
      else { return nil }
      picoseconds = (high * 100_000_000 + low) * Self.powers[12 - count]
    }
    guard (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 61
    else { return nil }
    let days = Self.daysSince1970(year: year, month: month, day: day)
    // February 30 would be March 2.
    guard day <= 28 || Self.civil(daysSince1970: days).day == day else { return nil }
    let seconds = days * 86_400 + hour * 3600 + minute * 60 + second
    // The last leap second would be in the year 10000.
    guard Self.secondsBounds.contains(seconds) else { return nil }
    self.init(seconds: seconds, picoseconds: picoseconds)
  }

  /// The number that the `count` digits before `end` are, at most eight; nil if one is none. Eight
  /// bytes are before `end`.
  private static func number(
    _ bytes: UnsafeRawBufferPointer, before end: Int, count: Int
  ) -> Int64? {
    guard count > 0 else { return 0 }
    let others = 64 - count * 8
    let digits = ((word(bytes, at: end - 8) ^ word("00000000")) >> others) << others
    guard areDigits(digits) else { return nil }
    // Neighbours are joined: digits to pairs, and pairs to the number.
    let pairs = digits &* 10 &+ (digits >> 8)
    let first = (pairs & 0xFF_0000_00FF) &* (1_000_000 << 32 | 100)
    let second = (pairs >> 16 & 0xFF_0000_00FF) &* (10_000 << 32 | 1)
    return Int64((first &+ second) >> 32)
  }

  /// Of ten.
  private static let powers: [Int64] = [
    1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000,
    10_000_000_000, 100_000_000_000,
  ]

  private static func word(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> UInt64 {
    UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  private static func word(_ text: StaticString) -> UInt64 {
    word(UnsafeRawBufferPointer(start: text.utf8Start, count: 8), at: 0)
  }

  /// Whether each byte of `word` is 9 or less.
  private static func areDigits(_ word: UInt64) -> Bool {
    (word &+ 0x7676_7676_7676_7676 | word) & 0x8080_8080_8080_8080 == 0
  }

  public var description: String { text(fractionDigits: nil) }

  /// The text with exactly `fractionDigits` digits after the point (cut, not rounded; at most 12);
  /// with nil, as many as the value has. A time before the year 0000 or after 9999 has the text of
  /// the first or the last second of these.
  public func text(fractionDigits: Int?) -> String {
    let bounds = Self.secondsBounds
    let seconds = min(max(seconds, bounds.lowerBound), bounds.upperBound)
    let days = (seconds >= 0 ? seconds : seconds - 86_399) / 86_400
    let (year, month, day) = Self.civil(daysSince1970: days)
    let rest = seconds - days * 86_400
    var (fraction, digits) = (picoseconds, 12)
    while digits > 0, fractionDigits.map({ digits > $0 }) ?? (fraction % 10 == 0) {
      fraction /= 10
      digits -= 1
    }
    return String(unsafeUninitializedCapacity: 33) { text in
      var count = 0
      func put(_ value: Int64, _ width: Int, _ end: Unicode.Scalar) {
        var value = value
        for index in (count..<count + width).reversed() {
          text[index] = UInt8(ascii: "0") + UInt8(value % 10)
          value /= 10
        }
        text[count + width] = UInt8(ascii: end)
        count += width + 1
      }
      put(year, 4, "-")
      put(month, 2, "-")
      put(day, 2, "T")
      put(rest / 3600, 2, ":")
      put(rest / 60 % 60, 2, ":")
      put(rest % 60, 2, digits > 0 ? "." : "Z")
      if digits > 0 { put(fraction, digits, "Z") }
      return count
    }
  }

  // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": days_from_civil.
  private static func daysSince1970(year: Int64, month: Int64, day: Int64) -> Int64 {
    let year = month <= 2 ? year - 1 : year
    let era = (year >= 0 ? year : year - 399) / 400
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  // The same source: civil_from_days.
  private static func civil(daysSince1970: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = daysSince1970 + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthIndex = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * monthIndex + 2) / 5 + 1
    let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }
}

extension EventTime: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let time = EventTime(text) else {
      throw DecodingError.dataCorruptedError(
        in: container,
        debugDescription: "expected a UTC time like 2026-07-15T10:00:00.123Z, found \"\(text)\"")
    }
    self = time
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
