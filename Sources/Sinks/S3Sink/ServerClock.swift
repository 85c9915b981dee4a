import EventPersistence
import Foundation
import Synchronization

/// What time it is for the server that requests are signed for.
///
/// A request whose time is more than fifteen minutes off is refused. The server's answer then says what time
/// it has, and later requests go by that.
final class ServerClock: Sendable {
  private let wall: @Sendable () -> EventTime
  /// In seconds; positive where the server is ahead of this machine.
  private let offset = Mutex(0.0)

  init(wall: @escaping @Sendable () -> EventTime) { self.wall = wall }

  var now: EventTime {
    let offset = offset.withLock(\.self)
    return offset == 0 ? wall() : wall().advanced(bySeconds: offset)
  }

  /// Takes over the server's time, as its `Date` header (RFC 9110) says it.
  ///
  /// - Returns: Whether it says something else than was gone by until now.
  func adopt(date: String?) -> Bool {
    guard let date, let time = Self.seconds(date) else { return false }
    let difference = Double(time) - wall().secondsSince1970
    return offset.withLock { offset in
      guard abs(difference - offset) > 60 else { return false }
      offset = difference
      return true
    }
  }

  /// By how many seconds the server is ahead; nil where it is not known to differ.
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
