internal import Algorithms
package import EventPersistence

/// What an archive must hold once events come that it may already hold: the one set of rules for
/// all archives, as a value without I/O.
///
/// The limits of batches follow from the log, and change with it: if an archive of the node came
/// back, so that a batch begins earlier, or if its events have other sizes since the node writes
/// CBOR. So the lines of a batch may be in several objects. Afterwards they are in the batch's own
/// object, by the rules of `LineMerge`, and the rest of those objects stays in them.
package struct BatchRewriting: Sendable {
  /// A stored object that holds, or may hold, events of the batch.
  package struct Held: Sendable {
    package enum Beginning: Sendable {
      /// With an event before the batch's first.
      case before
      /// With the batch's first event: it is the batch's own object.
      case with
      /// With a later event of the batch.
      case within
    }

    package var begins: Beginning
    package var lines: [ArchiveLine]
    /// Whether `lines` are its whole content: it could be unpacked, and its end is not torn.
    package var isWhole: Bool

    package init(begins: Beginning, lines: [ArchiveLine], isWhole: Bool) {
      self.begins = begins
      self.lines = lines
      self.isWhole = isWhole
    }
  }

  /// The part of a held object that does not belong to the batch.
  package struct Rest: Sendable {
    /// Lines before the batch, of an object that begins earlier.
    package var before: [ArchiveLine] = []
    /// Lines after the batch.
    package var after: [ArchiveLine] = []
    /// Whether the object has no event of the batch: it stays unchanged.
    package var isUntouched = false
    /// Whether it has content that is stored nowhere afterwards: it is set aside, not removed.
    package var isSetAside = false
  }

  /// The lines of the batch's own object.
  package let lines: [ArchiveLine]
  /// The events that are stored as they come.
  package let taken: [EventBatch.Entry]
  /// One for each held object, in the given order.
  package private(set) var rests: [Rest]
  /// Whether the archive must change: false if only the batch's own object has events of it, and
  /// has the right ones.
  package let isChange: Bool

  /// - Parameters:
  ///   - held: the objects that hold, or may hold, events of the batch, in log order.
  ///   - endsWithLast: whether the last event is the batch's last: then later lines are not the
  ///     batch's. Otherwise they stay with it, until the events that they belong to come.
  package init(_ events: IncomingEvents, over held: [Held], endsWithLast: Bool) {
    let bounds = Bounds(events)
    if held.count == 1, held[0].begins == .with,
      !endsWithLast || bounds.parts(of: held[0].lines).after.isEmpty
    {
      // Lines around the events do not concern them, damaged or not.
      let own = held[0].lines
      let stretch = bounds.stretch(of: own)
      let merge = LineMerge(events, over: own[stretch])
      taken = merge.taken
      isChange = !merge.lines.elementsEqual(own[stretch])
      lines =
        isChange ? own[..<stretch.lowerBound] + merge.lines + own[stretch.upperBound...] : own
      rests = [Rest()]
    } else {
      var gathered: [ArchiveLine] = []
      rests = held.map { object in
        var rest = Rest()
        let parts = bounds.parts(of: object.lines)
        if object.begins == .before {
          rest.before = parts.before
          rest.isUntouched = parts.before.count == object.lines.count
        } else {
          gathered += parts.before
        }
        gathered += parts.within
        if endsWithLast { rest.after = parts.after } else { gathered += parts.after }
        return rest
      }
      let merge = LineMerge(events, over: gathered[...])
      taken = merge.taken
      lines = merge.lines
      isChange = true
    }
    let kept = isChange ? Set(chain(lines, rests.flatMap { $0.before + $0.after })) : []
    for index in rests.indices where !rests[index].isUntouched {
      let isKept = !isChange || held[index].lines.allSatisfy(kept.contains)
      rests[index].isSetAside = !held[index].isWhole || !isKept
    }
  }

  /// Whether an object that begins before the batch of `events` holds lines of that batch, or later
  /// ones.
  package static func reaches(_ lines: [ArchiveLine], into events: IncomingEvents) -> Bool {
    let parts = Bounds(events).parts(of: lines)
    return !parts.within.isEmpty || !parts.after.isEmpty
  }
}

extension BatchRewriting {
  /// Where a batch begins and ends among held lines.
  private struct Bounds {
    let firstId: UInt64
    let lastId: UInt64
    /// Where the incoming events begin.
    let comingId: UInt64
    let endsId: Bool
    /// The batch's events of these ids. Others with the same id may precede the batch, or follow
    /// it.
    let own: [Position]

    init(_ events: IncomingEvents) {
      let (first, last) = (events.batchFirst.eventId, events.last.eventId)
      firstId = first
      lastId = last
      comingId = events.first.eventId
      endsId = events.endsId
      own =
        [events.batchFirst]
        + events.entries.lazy.map(\.position).filter { $0.eventId == first || $0.eventId == last }
    }

    func parts(of lines: [ArchiveLine]) -> (
      before: [ArchiveLine], within: [ArchiveLine], after: [ArchiveLine]
    ) {
      var parts: (before: [ArchiveLine], within: [ArchiveLine], after: [ArchiveLine]) = ([], [], [])
      for line in lines {
        guard let position = line.position else { continue }
        let id = position.eventId
        let isOther =
          (id == firstId || id == lastId) && !own.contains { $0.agrees(with: position) }
        if id < firstId || isOther && id == firstId && parts.within.isEmpty {
          parts.before.append(line)
        } else if id > lastId || isOther && id == lastId && !endsId {
          parts.after.append(line)
        } else {
          parts.within.append(line)
        }
      }
      return parts
    }

    /// The stretch of lines to compare the events with, and the damaged lines next to it.
    func stretch(of lines: [ArchiveLine]) -> Range<Int> {
      var start = lines.firstIndex { ($0.position?.eventId ?? 0) >= comingId } ?? lines.count
      while start > 0, lines[start - 1].position == nil { start -= 1 }
      let last = lines.lastIndex { $0.position.map { $0.eventId <= lastId } ?? false }
      var end = max(start, last.map { $0 + 1 } ?? start)
      while end < lines.count, lines[end].position == nil { end += 1 }
      return start..<end
    }
  }
}
