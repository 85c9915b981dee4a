import EventPersistence
import EventPersistenceTesting
import Synchronization

@testable import EventArchive

/// An archive in memory, with an object for each `size` events: what a driver that stores meanwhile
/// changes can be changed here between two reads.
final class MemoryArchive: ArchiveStorage {
  private struct State {
    var events: [StateEvent] = []
    var manifest: ArchiveManifest? = ArchiveManifest(schema: 1)
    var failure: SourceError?
    var readKeys: [String] = []
  }

  let place = "memory:/archive"
  private let size: Int
  private let state: Mutex<State>

  init(_ events: [StateEvent], by size: Int = 5) {
    self.size = size
    state = Mutex(State(events: events))
  }

  func set(_ events: [StateEvent]) { state.withLock { $0.events = events } }
  func set(_ manifest: ArchiveManifest?) { state.withLock { $0.manifest = manifest } }
  func fail(_ error: SourceError?) { state.withLock { $0.failure = error } }

  /// The keys of the objects that were read since the last call.
  func takeReads() -> [String] {
    state.withLock { state in
      defer { state.readKeys = [] }
      return state.readKeys
    }
  }

  func manifest() throws(SourceError) -> ArchiveManifest {
    let state = state.withLock { $0 }
    if let failure = state.failure { throw failure }
    guard let manifest = state.manifest else { throw SourceError(.missing, "no archive") }
    return manifest
  }

  func objects() throws(SourceError) -> [ArchiveObject] {
    if let failure = state.withLock({ $0.failure }) { throw failure }
    return batches().map(\.object)
  }

  func read(_ object: ArchiveObject) throws(SourceError) -> ArchiveContents {
    if let failure = state.withLock({ $0.failure }) { throw failure }
    state.withLock { $0.readKeys.append(object.key) }
    guard let batch = batches().first(where: { $0.object == object }) else { return .gone }
    return .lines(EventBatch(batch.events).buffer)
  }

  func generations() -> [Int] { [1] }

  func setAsideCount() -> Int? { 0 }

  func changeToken() async -> ChangeToken {
    ChangeToken([UInt64(state.withLock { $0.events.count })])
  }

  private func batches() -> [(object: ArchiveObject, events: [StateEvent])] {
    let events = state.withLock { $0.events }
    return stride(from: 0, to: events.count, by: size).map { start in
      let part = Array(events[start..<min(start + size, events.count)])
      let (first, last) = (part[0].eventId, part[part.count - 1].eventId)
      let ordinal = events[..<start].count { $0.eventId == first }
      return (
        ArchiveObject(
          key: "\(first)-\(last).\(ordinal)", firstId: first, lastId: last, ordinal: ordinal,
          byteCount: UInt64(part.reduce(0) { $0 + $1.json.count + 1 })), part
      )
    }
  }
}
