import Dispatch
import EventPersistence
import Foundation

/// Reads a segment ahead of its reader: `ahead` of the limits says how many parts.
///
/// Where a part ends is known before its events are, and often before its bytes are. So the parts are
/// read at the same time, each on a thread of its own. One that was read ahead counts only if the
/// reader gets to the cursor at which it begins, and if what is before it then is still so.
struct ReadAhead {
  private var parts: PartQueue?

  /// The next events of `segment` after `cursor`.
  mutating func read(_ segment: any LogSegment, from cursor: SegmentCursor, _ limits: BatchLimits)
    throws(SourceError) -> SegmentRead
  {
    if let parts, parts.segment.identity == segment.identity, parts.limits == limits,
      case .success(let read) = parts.take(at: cursor), read.batch != nil
    {
      return read
    }
    parts?.end()
    parts = nil
    guard limits.ahead > 0 else { return try segment.read(from: cursor, limits) }
    let begun = PartQueue(segment, from: cursor, limits)
    parts = begun
    guard let first = begun.take(at: cursor) else { preconditionFailure("it begins there") }
    return try first.get()
  }
}

/// Consecutive parts of a segment that are being read: one that the reader waits for, and those that it
/// will ask for next.
// `condition` guards all that changes.
private final class PartQueue: @unchecked Sendable {
  typealias Outcome = Result<SegmentRead, SourceError>

  // What it was is there once `isOver` says so.
  private final class Part: @unchecked Sendable {
    let number: Int
    let start: SegmentCursor
    var outcome: Outcome?
    /// What is right before it, and the end of its own bytes.
    var before: [UInt8]?
    var trail: [UInt8]?
    let isOver = DispatchSemaphore(value: 0)

    init(_ number: Int, at start: SegmentCursor) {
      self.number = number
      self.start = start
    }
  }

  let segment: any LogSegment
  let limits: BatchLimits

  private let condition = NSCondition()
  /// Those that the reader has not taken, in order.
  private var parts: [Part] = []
  /// Those of them that no thread has begun.
  private var waiting: [Part] = []
  private var count = 0
  /// Where the next one begins, once that is known.
  private var next: SegmentCursor?
  private var threads = 0
  private var idleThreads = 0
  private var hasEnded = false

  /// The part that the reader took last.
  private var taken: Part?

  init(_ segment: any LogSegment, from cursor: SegmentCursor, _ limits: BatchLimits) {
    self.segment = segment
    self.limits = limits
    next = cursor
    // The caller has one, too, and the part that it waits for.
    EventBuffer.keep(limits.ahead + 2)
    condition.withLock { fill() }
  }

  /// Waits for the next part, and returns what it was; nil if it does not begin at `cursor`, or does
  /// not follow on the one before it.
  func take(at cursor: SegmentCursor) -> Outcome? {
    let part: Part? = condition.withLock {
      guard let start = parts.first?.start, start.place == cursor.place, start.skip == cursor.skip,
        start.bareId == cursor.bareId
      else { return nil }
      defer { fill() }
      return parts.removeFirst()
    }
    guard let part else { return nil }
    part.isOver.wait()
    let trail = taken?.trail
    let isFirst = taken == nil
    taken = part
    defer { part.outcome = nil }
    return isFirst || trail != nil && trail == part.before ? part.outcome : nil
  }

  /// Begins no part any more.
  func end() {
    condition.withLock {
      hasEnded = true
      (parts, waiting) = ([], [])
      condition.broadcast()
    }
  }

  /// Adds parts, and has them read. Called with the lock.
  private func fill() {
    while !hasEnded, parts.count < limits.ahead, let start = next {
      count += 1
      let part = Part(count, at: start)
      parts.append(part)
      waiting.append(part)
      next = segment.foreseen(after: start, limits)
    }
    for index in waiting.indices {
      if index < idleThreads {
        condition.signal()
      } else if threads < limits.ahead {
        threads += 1
        Thread.detachNewThread { self.work() }
      }
    }
  }

  /// How long a thread stays that has nothing to do.
  private static let idleSecondsMax = 0.5

  private func work() {
    condition.lock()
    while !hasEnded {
      if waiting.isEmpty {
        idleThreads += 1
        let isInTime = condition.wait(until: Date(timeIntervalSinceNow: Self.idleSecondsMax))
        idleThreads -= 1
        if !isInTime, waiting.isEmpty { break }
      } else {
        let part = waiting.removeFirst()
        condition.unlock()
        read(part)
        condition.lock()
      }
    }
    threads -= 1
    condition.unlock()
  }

  private func read(_ part: Part) {
    do throws(SourceError) {
      let bytes = try segment.part(from: part.start, limits)
      note(bytes.next, after: part)
      (part.before, part.trail) = (bytes.before, bytes.next?.trail)
      part.outcome = .success(try bytes.read())
    } catch {
      part.outcome = .failure(error)
    }
    part.isOver.signal()
  }

  private func note(_ end: SegmentCursor?, after part: Part) {
    condition.withLock {
      if next == nil, count == part.number { next = end }
      if let end { next?.bytesAnEvent = end.bytesAnEvent }
      fill()
    }
  }
}
