public import EventPersistence

/// When a node rotates its log next, and what becomes of what stands in it: said where something tells,
/// and with what it rests on.
public struct RotationForecast: Sendable, Hashable {
  public enum Ground: Sendable, Hashable {
    /// `persistence-rotate-after`, as configured.
    case configured(Int)
    /// The last archives, all of about this many events.
    case rhythm(UInt64)
  }

  /// So many events are still written before it.
  public var eventsLeft: UInt64
  public var ground: Ground

  /// The last rotation left no archive, so that the next one loses what no secondary has stored.
  public var losesEvents: Bool

  /// Nil where nothing tells.
  public init?(_ survey: Survey, rotateAfter: Int?) {
    guard let head = survey.head?.eventId else { return nil }
    let lost = survey.missing.last.flatMap { missing in
      // Newer than every archive: the rotation that took it archived nothing.
      survey.archives.last?.lastEventId.map { missing.from > $0 } ?? true ? missing : nil
    }
    losesEvents = lost != nil
    // A log begins with the Checkpoint of the rotation before, of the id that this ended with.
    let begin =
      lost?.through ?? survey.archives.last?.lastEventId ?? survey.first?.eventId
    guard let begin, begin <= head else { return nil }
    let count = head - begin + 1
    if let rotateAfter, rotateAfter > 0 {
      let limit = UInt64(rotateAfter) + 1
      guard count < limit else { return nil }
      eventsLeft = limit - count
      ground = .configured(rotateAfter)
      return
    }
    guard let rhythm = Self.rhythm(survey.archives), count <= rhythm else { return nil }
    eventsLeft = rhythm + 1 - count
    ground = .rhythm(rhythm)
  }

  /// How many events the last three archives have, where these agree within a tenth.
  private static func rhythm(_ archives: [Survey.Archive]) -> UInt64? {
    let sizes = archives.suffix(3).compactMap { archive -> UInt64? in
      guard let first = archive.firstEventId, let last = archive.lastEventId, last > first else {
        return nil
      }
      return last - first
    }
    guard sizes.count == 3, let least = sizes.min(), let most = sizes.max(),
      most - least <= most / 10
    else { return nil }
    return most
  }

  /// Whether a secondary `lag` events behind will lack any when the rotation comes, at these rates; nil
  /// where they are not known.
  public func takes(lag: UInt64?, rateIn: Double?, rateOut: Double?) -> Bool? {
    guard losesEvents else { return false }
    guard let lag else { return nil }
    if lag == 0 { return false }
    guard let rateIn, rateIn > 0, let rateOut else { return nil }
    let seconds = Double(eventsLeft) / rateIn
    return Double(lag) + (rateIn - rateOut) * seconds > 0
  }
}
