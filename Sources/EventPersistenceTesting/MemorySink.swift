public import EventPersistence

/// A storage in memory, for tests of what drives a sink.
///
/// It keeps an event once, even if it comes again, and counts what came.
public actor MemoryStorage: SinkLaws.Storage {
  /// What is held of the newest generation.
  public private(set) var events: [StateEvent] = []
  /// What is held of the generations before it, oldest first.
  public private(set) var former: [[StateEvent]] = []
  public private(set) var batches: [EventBatch] = []
  private var stored: Set<Position> = []
  private var tellsHoldings: Bool

  /// With `tellsHoldings`, its sinks report what is held and set it aside; otherwise they cannot, as
  /// a program cannot.
  public init(tellsHoldings: Bool = true) {
    self.tellsHoldings = tellsHoldings
  }

  public func makeSink(for log: any EventSource, selecting selection: Selection) -> any EventSink {
    MemorySink(self)
  }
  public func traces() -> [[UInt8]] { events.map(\.json) }

  /// From now on its sinks can do so.
  public func tellHoldings() { tellsHoldings = true }

  /// How many events came in total, each delivery counted.
  public var deliveredCount: Int { batches.reduce(0) { $0 + $1.entries.count } }

  package func put(_ batch: EventBatch) {
    batches.append(batch)
    for entry in batch.entries where stored.insert(entry.position).inserted {
      events.append(batch.event(entry))
    }
  }

  /// A sink of `generation` was opened: what is held of the one before stays as it is.
  package func begin(_ generation: Int) {
    guard generation > former.count + 1 else { return }
    former.append(events)
    events = []
    stored = []
  }

  package var newestGeneration: Int? { tellsHoldings ? former.count + 1 : nil }

  package var holdings: Holdings { tellsHoldings ? .through(events.last?.position) : .unknown }

  func position(before id: UInt64) -> Position? {
    tellsHoldings ? events.last { $0.eventId < id }?.position : nil
  }

  func supersede(after position: Position?) {
    guard tellsHoldings else { return }
    let kept = position.flatMap { last in events.lastIndex { $0.position.agrees(with: last) } }
    events.removeSubrange((kept.map { $0 + 1 } ?? 0)...)
    stored = Set(events.map(\.position))
  }
}

/// A sink on a `MemoryStorage`.
public struct MemorySink: EventSink {
  public let description: SinkDescription
  private let storage: MemoryStorage
  private let generation: Int

  public init(
    _ storage: MemoryStorage, target: String = "memory", batching: Batching = Batching(),
    generation: Int = 1
  ) {
    self.storage = storage
    self.generation = generation
    description = SinkDescription(kind: "memory", target: target, batching: batching)
  }

  public func newestGeneration() async throws(SinkError) -> Int? { await storage.newestGeneration }
  public func open() async throws(SinkError) -> Holdings {
    await storage.begin(generation)
    return await storage.holdings
  }
  public func put(_ batch: EventBatch) async throws(SinkError) { await storage.put(batch) }
  public func position(before id: UInt64) async throws(SinkError) -> Position? {
    await storage.position(before: id)
  }
  public func supersede(after position: Position?) async throws(SinkError) {
    await storage.supersede(after: position)
  }
}
