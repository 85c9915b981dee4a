import EventPersistence
import Foundation
import Synchronization

/// The time by the clock of the server that requests are signed for.
///
/// A server refuses a request whose time is more than fifteen minutes off. Its answer has its own
/// time, which later requests use.
final class ServerClock: Sendable {
  private let wall: @Sendable () -> EventTime
  /// In seconds; positive if the server is ahead of this machine.
  private let offset = Mutex(0.0)

  init(wall: @escaping @Sendable () -> EventTime) { self.wall = wall }

  var now: EventTime {
    let offset = offset.withLock(\.self)
    return offset == 0 ? wall() : wall().advanced(bySeconds: offset)
  }

  /// Adopts the server's time from its `Date` header (RFC 9110).
  ///
  /// - Returns: whether it differs from the time used until now.
  func adopt(date: String?) -> Bool {
    guard let date, let time = Self.seconds(date) else { return false }
    let difference = Double(time) - wall().secondsSince1970
    return offset.withLock { offset in
      guard abs(difference - offset) > 60 else { return false }
      offset = difference
      return true
    }
  }

  /// By how many seconds the server is ahead; nil if it is not known to differ.
  var secondsAhead: Int? {
    let offset = offset.withLock(\.self)
    return offset == 0 ? nil : Int(offset)
  }

  private static func seconds(_ date: String) -> Int? {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.timeZone = TimeZone(identifier: "GMT")
    formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
    return formatter.date(from: date).map { Int($0.timeIntervalSince1970) }
  }
}
