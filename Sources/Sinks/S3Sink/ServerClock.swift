import CCurl
import EventPersistence
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

  /// The time that a header names in one of the three forms of RFC 9110; nil if it names none.
  ///
  /// Not by Foundation, whose formatter ends the program on some texts.
  private static func seconds(_ date: String) -> Int? {
    let seconds = curl_getdate(date, nil)
    return seconds == -1 ? nil : seconds
  }
}
