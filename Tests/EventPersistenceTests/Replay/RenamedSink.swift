import EventPersistence
import EventPersistenceTesting

/// A scripted sink with the kind and target that the bench's folder is bound to.
struct RenamedSink: EventSink {
  let description: SinkDescription
  private let sink: ScriptedSink

  init(_ sink: ScriptedSink) {
    self.sink = sink
    description = SinkDescription(kind: "memory", target: "memory", batching: sink.batching)
  }

  func open() async throws(SinkError) -> Holdings { try await sink.open() }
  func put(_ batch: EventBatch) async throws(SinkError) { try await sink.put(batch) }
  func position(before id: UInt64) async throws(SinkError) -> Position? {
    try await sink.position(before: id)
  }
  func supersede(after position: Position?) async throws(SinkError) {
    try await sink.supersede(after: position)
  }
}
