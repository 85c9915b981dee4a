public import EventPersistence

/// A sink that follows a script, one step per `put`, and after its end stores in memory.
public actor ScriptedSink: EventSink {
  public enum Step: Sendable {
    case store
    /// Stores nothing, and fails.
    case fail(SinkError)
    /// Stores, and then fails: the answer was lost.
    case storeAndFail(SinkError)
    /// Runs this first, then takes the step: a place to wait for something.
    indirect case after(@Sendable () async -> Void, then: Step = .store)
  }

  public nonisolated let description: SinkDescription
  private let storage: MemoryStorage
  private var steps: ArraySlice<Step>

  public init(
    _ steps: [Step], storage: MemoryStorage = MemoryStorage(), target: String = "script",
    batching: Batching = Batching()
  ) {
    self.steps = steps[...]
    self.storage = storage
    description = SinkDescription(kind: "scripted", target: target, batching: batching)
  }

  public func open() async throws(SinkError) -> Holdings { await storage.holdings }

  public func position(before id: UInt64) async throws(SinkError) -> Position? {
    await storage.position(before: id)
  }

  public func supersede(after position: Position?) async throws(SinkError) {
    await storage.supersede(after: position)
  }

  public func put(_ batch: EventBatch) async throws(SinkError) {
    try await take(steps.popFirst() ?? .store, batch)
  }

  private func take(_ step: Step, _ batch: EventBatch) async throws(SinkError) {
    switch step {
    case .store: await storage.put(batch)
    case .fail(let error): throw error
    case .storeAndFail(let error):
      await storage.put(batch)
      throw error
    case .after(let wait, let next):
      await wait()
      try await take(next, batch)
    }
  }
}
