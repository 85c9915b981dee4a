package import EventPersistence

/// When a node will rotate its log next, and what then happens to the events in it: stated only if
/// there is evidence, and with the evidence.
package struct RotationForecast: Sendable, Hashable {
  package enum Ground: Sendable, Hashable {
    /// `persistence-rotate-after`, as configured.
    case configured(Int)
    /// The last archives, all of about this many events.
    case rhythm(UInt64)
  }

  /// How many events will still be written before it.
  package var eventsLeft: UInt64
  package var ground: Ground

  /// The last rotation left no archive, so the next one loses the events that a secondary lacks.
  package var losesEvents: Bool

  /// Nil if there is no evidence.
  package init?(_ survey: Survey, rotateAfter: Int?) {
    guard let head = survey.head?.eventId else { return nil }
    let lost = survey.missing.last.flatMap { missing in
      // Newer than every archive: the rotation that removed the events archived none of them.
      survey.archives.last?.lastEventId.map { missing.from > $0 } ?? true ? missing : nil
    }
    losesEvents = lost != nil
    // A log begins with the Checkpoint of the last rotation, whose id is that of the event before
    // it.
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

  /// How many events the last three archives have, if these agree within a tenth.
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

  /// Whether a secondary `lag` events behind will lack any when the rotation comes, at these rates;
  /// nil if they are not known.
  package func takes(lag: UInt64?, rateIn: Double?, rateOut: Double?) -> Bool? {
    guard losesEvents else { return false }
    guard let lag else { return nil }
    if lag == 0 { return false }
    guard let rateIn, rateIn > 0, let rateOut else { return nil }
    let seconds = Double(eventsLeft) / rateIn
    return Double(lag) + (rateIn - rateOut) * seconds > 0
  }
}
