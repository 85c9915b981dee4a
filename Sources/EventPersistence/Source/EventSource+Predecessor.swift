extension EventSource {
  /// The first event that can be read; nil if there is none yet.
  func firstReadable() async throws(SourceError) -> Position? {
    do throws(SourceError) { return try await locate(.first) } catch {
      guard case .damaged(let next?) = error.kind else { throw error }
      return next
    }
  }

  /// The event right before `position` (an event of this log), in log order; nil if it is the
  /// first. Of lost or damaged events before it, the one before those.
  ///
  /// By bisection on ids, since ids can have gaps: a few dozen looks at most, and a few events
  /// read.
  public func predecessor(of position: Position) async throws(SourceError) -> Position? {
    guard let first = try await firstReadable(), first != position else { return nil }
    // A rotation may have taken it since.
    guard first.eventId <= position.eventId else { throw gone(position) }
    // The highest id whose event, or the next one after it, is before `position`: the
    // predecessor's.
    var low = first.eventId
    var high = position.eventId
    if high > low, let near = try await readable(at: high - 1), near.eventId < position.eventId {
      low = near.eventId
    } else {
      while high - low > 1 {
        let middle = low + (high - low) / 2
        if let found = try await readable(at: middle), found.eventId < position.eventId {
          low = found.eventId
        } else {
          high = middle
        }
      }
    }
    return try await last(before: position, from: low)
  }

  /// The first event whose id is `id` or higher; nil also if it cannot be read.
  private func readable(at id: UInt64) async throws(SourceError) -> Position? {
    do throws(SourceError) { return try await locate(.id(id)) } catch {
      guard error.isLoss else { throw error }
      return nil
    }
  }

  /// The last event before `position` of those from the id `id` on.
  private func last(before position: Position, from id: UInt64) async throws(SourceError)
    -> Position?
  {
    var last: Position?
    var start = id
    var reader = reader(from: .id(id))
    while true {
      do throws(SourceError) {
        guard
          let batch = try await reader.next(BatchLimits(events: 16, bytes: 1 << 20), through: nil)
        else { throw gone(position) }
        for entry in batch.entries {
          if entry.position == position { return last }
          guard entry.position.eventId <= position.eventId else { throw gone(position) }
          last = entry.position
        }
      } catch {
        // It continues after the events that are lost or cannot be read.
        guard let next = error.idAfterLoss, next > start else { throw error }
        start = next
        reader = self.reader(from: .id(next))
      }
    }
  }

  private func gone(_ position: Position) -> SourceError {
    SourceError(.changed, "the event \(position) is no longer in the log")
  }
}
