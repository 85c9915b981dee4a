import EventPersistence

/// Keeps the state of the Hydra Head up to date, at a bounded cost for each look.
struct HeadFollower {
  /// Nil until the log's end was reached once.
  private(set) var head: HydraHead?

  private var reader: LogReader?
  private var fold = HeadFold()

  /// How much to read: of the tail at first, of the new events at each look.
  private static let tailBytes = 8 << 20
  private static let tailEventsMax = 20_000
  private static let lookBytes = 2 << 20

  /// Reads the events since the last look if they are few, else the tail.
  mutating func look(at chain: LogChain, _ survey: Survey) {
    guard let end = survey.head, let first = survey.first else { return forget() }
    do throws(SourceError) {
      // The log lost its end, or began anew.
      if let last = reader?.last, end.eventId < last.eventId { forget() }
      if reader == nil {
        let count = Self.tailEvents(survey, first, end)
        fold = HeadFold(isWholeLog: first.eventId == 0 && end.eventId < count)
        reader = LogReader(chain: chain, start: .last(count), isNoting: false)
        try read(Self.tailBytes + Self.lookBytes)
      } else {
        try read(Self.lookBytes)
      }
    } catch {
      forget()
    }
  }

  private mutating func forget() {
    reader = nil
    head = nil
  }

  /// Reads to the end, or gives up if that takes more than `byteCount`.
  private mutating func read(_ byteCount: Int) throws(SourceError) {
    var read = 0
    while let batch = try reader?.next(BatchLimits(events: 4096, bytes: 1 << 20), through: nil) {
      for entry in batch.entries {
        batch.withBytes(of: entry) { fold.take(entry.position, $0) }
      }
      read += batch.byteCount
      guard read < byteCount else {
        // The log grows faster than it is read, or its last events are unusually large.
        reader = nil
        head = fold.result
        return
      }
    }
    head = fold.result
  }

  /// About how many events the tail's bytes hold.
  private static func tailEvents(_ survey: Survey, _ first: Position, _ end: Position) -> Int {
    let ids = max(0, Double(end.eventId) - Double(first.eventId)) + 1
    let bytesAnEvent = max(1, Double(survey.bytes ?? 0) / ids)
    return max(1, min(tailEventsMax, Int(Double(tailBytes) / bytesAnEvent)))
  }
}
