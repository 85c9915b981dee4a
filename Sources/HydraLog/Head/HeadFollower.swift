import EventPersistence

/// Keeps the state of the Hydra Head up to date, at a bounded cost for each look.
///
/// It begins with the log's tail. What that does not tell is looked for before it: much at the first
/// look, some more at each of the next ones, until it is found or `searchBytesMax` were read. What an
/// earlier process knew saves both.
struct HeadFollower {
  /// What a follower knew at the end of the log that it saw.
  struct Record: Sendable, Hashable, Codable {
    /// The last event that it has read: whoever finds it can go on after it.
    var through: Position
    var fold: HeadFold
  }

  /// Nil until the log's end was reached once.
  private(set) var head: HydraHead?

  private var reader: LogReader?
  private var fold = HeadFold()
  private var search: HeadSearch?
  /// Of an earlier process, until the first look.
  private var remembered: Record?

  /// How much to read: of the tail at first, of the new events at each look.
  private let tailBytes: Int
  private static let tailEventsMax = 20_000
  private static let lookBytes = 2 << 20

  /// How much to read before the tail in the follower's life, at its first look, and at each of the
  /// others. Nothing of it is parsed but the events that tell something: that takes about a tenth of
  /// a second for 100 MiB.
  static let searchBytesMax = 256 << 20
  private let searchBytesFirst: Int
  private static let searchBytesEach = 16 << 20
  private var searchBytesLeft = searchBytesMax

  init(
    remembering record: Record? = nil, tailBytes: Int = 8 << 20, searchBytesFirst: Int = 64 << 20
  ) {
    remembered = record
    self.tailBytes = tailBytes
    self.searchBytesFirst = searchBytesFirst
  }

  /// What a later process need not read; nil as long as something of it is looked for, or if the last
  /// event cannot be told from another one of its id.
  var record: Record? {
    guard let last = reader?.last, last.tag != nil, last.time != nil, let head,
      head.isComplete || search?.isOver == true
    else { return nil }
    return Record(through: last, fold: completed)
  }

  /// Reads the events since the last look, also since that of an earlier process, if they are few, else
  /// the tail.
  ///
  /// - Parameters:
  ///   - view: the log as it is now.
  ///   - survey: the same.
  mutating func look(at chain: LogChain, _ view: LogView, _ survey: Survey) {
    guard let end = survey.head, let first = survey.first else { return forget() }
    do throws(SourceError) {
      // The log lost its end, or began anew.
      if let last = reader?.last, end.eventId < last.eventId { forget() }
      if reader == nil {
        let count = min(Self.tailEventsMax, survey.events(in: tailBytes) ?? 1)
        if try !goOn(chain, view, end.eventId, count) {
          fold = HeadFold(isWholeLog: first.eventId == 0 && end.eventId < count)
          search = nil
          reader = LogReader(chain: chain, start: .last(count), isNoting: false)
        }
        try read(tailBytes + Self.lookBytes)
      } else {
        try read(Self.lookBytes)
      }
      try goBack(chain, survey)
    } catch {
      forget()
    }
  }

  /// Begins where an earlier process ended; returns false if there are more than `count` events up to
  /// the log's `end`, or that event is not in the log.
  private mutating func goOn(
    _ chain: LogChain, _ view: LogView, _ end: UInt64, _ count: Int
  ) throws(SourceError) -> Bool {
    guard let record = remembered else { return false }
    remembered = nil
    let last = record.through
    guard last.eventId <= end, end - last.eventId <= count else { return false }
    let (match, place) = try view.find(last)
    guard match == .found, let place else { return false }
    fold = record.fold
    // Where there was no head, what was before it is looked for once one appears.
    search = fold.id == nil ? nil : HeadSearch(found: fold, through: last)
    reader = LogReader(chain: chain, after: last, at: place)
    return true
  }

  private mutating func forget() {
    reader = nil
    search = nil
    head = nil
  }

  /// Reads to the end, or gives up if that takes more than `byteCount`.
  private mutating func read(_ byteCount: Int) throws(SourceError) {
    var read = 0
    while let batch = try reader?.next(BatchLimits(events: 4096, bytes: 1 << 20), through: nil) {
      if search == nil { search = HeadSearch(from: batch.first) }
      for entry in batch.entries {
        batch.withBytes(of: entry) {
          fold.take(entry.position, $0)
          search?.take(entry.position, $0)
        }
      }
      read += batch.byteCount
      guard read < byteCount else {
        // The log grows faster than it is read, or its last events are unusually large.
        reader = nil
        break
      }
    }
    head = completed.result
  }

  private var completed: HeadFold {
    var completed = fold
    if let search { completed.complete(by: search.fold) }
    return completed
  }

  private mutating func goBack(_ chain: LogChain, _ survey: Survey) throws(SourceError) {
    guard let head, !head.isComplete, search?.isOver == false, reader != nil else { return }
    let isFirst = searchBytesLeft == Self.searchBytesMax
    let bytes = min(searchBytesLeft, isFirst ? searchBytesFirst : Self.searchBytesEach)
    guard bytes > 0 else {
      search?.end()
      return
    }
    searchBytesLeft -= bytes
    try search?.goBack(bytes, in: chain, survey)
    self.head = completed.result
  }
}

extension HydraHead {
  /// Whether nothing is left that the events before the tail could tell.
  fileprivate var isComplete: Bool {
    peersConnected != nil && isChainSynced != nil && (parties != nil || id == nil)
  }
}
