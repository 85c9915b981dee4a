import EventPersistence
import EventPersistenceTesting

/// A sink that stores into a generation of a storage in memory.
struct OfGeneration: EventSink {
  private let generation: Int
  private let storage: MemoryStorage
  private let sink: any EventSink

  init(_ generation: Int, _ storage: MemoryStorage, _ sink: any EventSink) {
    self.generation = generation
    self.storage = storage
    self.sink = sink
  }

  var description: SinkDescription { sink.description }

  func newestGeneration() async throws(SinkError) -> Int? { await storage.newestGeneration }
  func open() async throws(SinkError) -> Holdings {
    await storage.begin(generation)
    return try await sink.open()
  }
  func put(_ batch: EventBatch) async throws(SinkError) { try await sink.put(batch) }
  func position(before id: UInt64) async throws(SinkError) -> Position? {
    try await sink.position(before: id)
  }
  func supersede(after position: Position?) async throws(SinkError) {
    try await sink.supersede(after: position)
  }
}
