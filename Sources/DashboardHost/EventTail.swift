package import Dashboard
package import EventPersistence

/// The reader at the log's end: returns what is new since the last look, within a bound.
package actor EventTail {
  /// What is new, and how many events before it were skipped.
  package struct Arrival: Sendable {
    package var rows: [EventRow]
    package var left: UInt64
  }

  /// If more new events than this arrive at once, only the last `sampleMax` are read; the rest is
  /// counted by its ids. No user reads more lines a second than a few samples have.
  package static let readMax: UInt64 = 500
  package static let sampleMax = 10
  /// The least time between two samples, so that the rows do not move for a moment.
  package static let sampleInterval = Duration.milliseconds(500)

  private let source: any EventSource
  private var reader: (any EventReader)?
  /// The last event that was returned.
  private var last: Position?
  private var sampledAt: ContinuousClock.Instant?

  private let now: @Sendable () -> ContinuousClock.Instant

  package init(
    source: any EventSource, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
  ) {
    self.source = source
    self.now = now
  }

  /// From now on everything after `position` is new; with nil, everything.
  package func follow(after position: Position?) {
    last = position
    reader = position.map { source.reader(from: .after($0)) } ?? source.reader(from: .first)
  }

  /// What is new if the log now ends at `head`; nil if nothing is.
  package func arrival(through head: Position) async throws(SourceError) -> Arrival? {
    guard let reader, head != last else { return nil }
    if let sampledAt, now() - sampledAt < Self.sampleInterval { return nil }
    sampledAt = nil
    if let last, head.eventId > last.eventId, head.eventId - last.eventId > Self.readMax {
      sampledAt = now()
      return try await sample(behind: last, through: head)
    }
    var rows: [EventRow] = []
    var left: UInt64 = 0
    let limits = BatchLimits(events: Int(Self.readMax), bytes: 4 << 20)
    while let batch = try await reader.next(limits, through: nil) {
      rows += batch.entries.map { EventRow($0, of: batch) }
      last = batch.last
      // The writer is faster: show what has been read.
      if rows.count >= Self.readMax { break }
    }
    if rows.count > Self.readMax {
      left = UInt64(rows.count) - Self.readMax
      rows.removeFirst(Int(left))
    }
    return rows.isEmpty ? nil : Arrival(rows: rows, left: left)
  }

  /// Whether there is more to return of a log that ends at `head`.
  package func isShort(of head: Position) -> Bool { reader != nil && head != last }

  private func sample(
    behind passed: Position, through head: Position
  ) async throws(SourceError) -> Arrival? {
    let start = head.eventId - UInt64(Self.sampleMax) + 1
    let reader = source.reader(from: .id(start))
    var rows: [EventRow] = []
    let limits = BatchLimits(events: Self.sampleMax, bytes: 4 << 20)
    while rows.count < Self.sampleMax, let batch = try await reader.next(limits, through: head) {
      rows += batch.entries.map { EventRow($0, of: batch) }
      last = batch.last
    }
    self.reader = reader
    guard let first = rows.first?.position.eventId else { return nil }
    let next = passed.eventId + 1
    return Arrival(rows: rows, left: first > next ? first - next : 0)
  }
}
