/// A batch that is being assembled.
struct OpenBatch: Sendable {
  var run: BatchRun
  /// When to stop waiting for it to grow, on the driver's clock.
  var dueAt: Duration
  /// The first of its events that is not known to be stored.
  private(set) var next: Position?

  private var last: Position?
  private var spanCount = 0
  private var entries: [EventBatch.Entry] = []
  private var buffer: EventBuffer?
  /// A single event that is larger than a batch: it stays in the buffer that it was read into.
  private var lone: EventBatch?

  /// The initial capacity of a buffer, if the batch may be larger. It doubles as needed.
  private static let bufferBytes = 16 << 20

  init(_ run: BatchRun, dueAt: Duration) {
    self.run = run
    self.dueAt = dueAt
  }

  mutating func add(
    _ batch: EventBatch, _ index: Int, isSelected: Bool, isKnown: Bool, bytesMax: Int
  ) {
    var entry = batch.entries[index]
    last = entry.position
    spanCount += 1
    if !isKnown, next == nil { next = entry.position }
    guard isSelected else { return }
    if entry.length + 1 > bytesMax {
      lone = batch.slice(index..<index + 1)
      return
    }
    let target = room(for: entry.length + 1, bytesMax: bytesMax)
    let bytes = batch.buffer.bytes[entry.offset..<entry.offset + entry.length + 1]
    entry.offset = target.count
    target.append(UnsafeRawBufferPointer(rebasing: bytes))
    entries.append(entry)
  }

  private mutating func room(for byteCount: Int, bytesMax: Int) -> EventBuffer {
    if let buffer, buffer.free.count >= byteCount { return buffer }
    let capacity = (buffer?.capacity ?? Self.bufferBytes / 2) * 2
    let larger = EventBuffer(capacity: max(byteCount, min(capacity, bytesMax)))
    if let buffer { larger.append(buffer.bytes) }
    buffer = larger
    return larger
  }

  /// The selected events, as a batch that covers the whole span.
  var assembled: EventBatch {
    if let lone { return lone.belonging(to: run) }
    return EventBatch(
      buffer: buffer ?? EventBuffer(capacity: 0), entries: entries[...], first: run.first,
      last: last ?? run.first, spanCount: spanCount, run: run)
  }

  /// How long to wait for an open batch to grow.
  struct Timing: Sendable {
    let grace: Duration
    let longest: Duration

    init(_ batching: Batching) {
      grace = batching.grace
      longest = (batching.rule?.interval ?? .zero) + batching.grace
    }

    /// Waits until the clock is past the run's interval and the grace period, by the node's times;
    /// but never longer than both together from now, because our clock may be behind the node's,
    /// and an event may have no time.
    func due(
      _ run: BatchRule.Run, in rule: BatchRule, at now: Duration, date: EventTime
    ) -> Duration {
      guard let span = rule.span(of: run) else { return now + longest }
      let left = Duration.seconds(span.upperBound.seconds(since: date)) + grace
      return now + min(max(.zero, left), longest)
    }

    func hold(afterPuts count: Int) -> Duration {
      min(longest, max(grace, .seconds(1)) * (1 << min(count - 1, 16)))
    }
  }
}
