import EventPersistence

/// What the events before the log's tail tell of the node's network and chain, and of the parties of
/// its head.
///
/// It goes back stretch by stretch. A stretch is read over without being parsed, except for the few
/// events that tell one of these.
struct HeadSearch {
  /// As many as a scanner of lines looks for at once.
  static let tags: Set<String> = [
    "NetworkConnected", "NetworkDisconnected", "PeerConnected", "PeerDisconnected", "NodeSynced",
    "NodeUnsynced", "HeadInitialized", "HeadOpened",
  ]

  /// The most reads of a stretch: each is of a mebibyte, or of what is left of a file.
  private static let readsMax = 256

  /// The most events that are kept until the search is over, and the most bytes of them.
  private static let eventsMax = 10_000
  private static let bytesMax = 16 << 20

  private struct Found {
    var position: Position
    var json: [UInt8]
  }

  /// What it found, in log order, with what came since.
  private(set) var fold = HeadFold()
  private var found: [Found] = []
  private var foundBytes = 0
  /// From which id on everything was read.
  private var from: UInt64
  private(set) var isOver = false

  /// - Parameter from: the first event of the tail.
  init(from: Position) { self.from = from.eventId }

  /// A search that is over, and found `fold`.
  init(found fold: HeadFold, through position: Position) {
    self.init(from: position)
    self.fold = fold
    end()
  }

  /// Takes the next event of the tail, or after it, whose whole JSON is `json`.
  mutating func take(_ position: Position, _ json: UnsafeRawBufferPointer) {
    guard let tag = position.tag, Self.tags.contains(tag) else { return }
    fold.take(position, json)
    guard !isOver else { return }
    found.append(Found(position: position, json: Array(json)))
    foundBytes += json.count
    if isFull { end() }
  }

  private var isFull: Bool { found.count > Self.eventsMax || foundBytes > Self.bytesMax }

  /// Reads the stretch of about `byteCount` before what was read so far.
  mutating func goBack(
    _ byteCount: Int, in chain: LogChain, _ survey: Survey
  ) throws(SourceError) {
    guard !isOver, let first = survey.first?.eventId, let count = survey.events(in: byteCount)
    else { return }
    let isWhole = from <= first || from - first <= count
    let start = isWhole ? first : from - UInt64(count)
    guard start < from, let older = try read(from: start, isWhole: isWhole, chain) else {
      return end()
    }
    found.insert(contentsOf: older, at: 0)
    foundBytes += older.reduce(0) { $0 + $1.json.count }
    fold = HeadFold(isWholeLog: isWhole && first == 0)
    for event in found {
      event.json.withUnsafeBytes { fold.take(event.position, $0) }
    }
    from = start
    if isWhole || isFull { end() }
  }

  /// What it found stays, and is kept up to date.
  mutating func end() {
    isOver = true
    found = []
  }

  /// The events from `start` on that tell something, up to those that are known; nil if that takes too
  /// many reads.
  private func read(
    from start: UInt64, isWhole: Bool, _ chain: LogChain
  ) throws(SourceError) -> [Found]? {
    var reader = LogReader(chain: chain, start: isWhole ? .first : .id(start), isNoting: false)
    var limits = BatchLimits(events: 4096, bytes: 1 << 20)
    limits.tags = Self.tags
    var older: [Found] = []
    for _ in 0..<Self.readsMax {
      guard let batch = try reader.next(limits, through: nil) else { return nil }
      for entry in batch.entries {
        guard entry.position.eventId < from else { return older }
        guard let tag = entry.position.tag, Self.tags.contains(tag) else { continue }
        batch.withBytes(of: entry) {
          older.append(Found(position: entry.position, json: Array($0)))
        }
      }
    }
    return nil
  }
}

extension Survey {
  /// About how many events `byteCount` bytes of the log hold, at least one; nil if it is empty.
  func events(in byteCount: Int) -> Int? {
    guard let first, let head else { return nil }
    let ids = max(0, Double(head.eventId) - Double(first.eventId)) + 1
    let bytesAnEvent = max(1, Double(bytes ?? 0) / ids)
    return max(1, Int(Double(byteCount) / bytesAnEvent))
  }
}
