import EventPersistence
import EventPersistenceTesting
import Foundation
import Testing

@testable import HydraLog

@Suite("Following hydra.db while its node writes", .enabled(if: NodeDatabase.isAvailable))
struct DatabaseFollowTests {
  @Test(
    "each event comes once and in order, whatever the node does between batches",
    arguments: SeededRandom.seeds(1...3))
  func everyEventOnce(seed: UInt64) async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path
    let last = 399
    async let written: Void = onThread { try Self.write(through: last, in: path, seed) }
    var found: [UInt64] = []
    let reader = PersistenceDirectory(path: path).reader(from: .first)
    while found.last != UInt64(last) {
      guard let batch = try await next(reader) else {
        await Task.yield()
        continue
      }
      found += batch.entries.map(\.position.eventId)
    }
    try await written
    #expect(found == Array(0...UInt64(last)))
  }

  /// Writes like a node that is restarted, killed, checkpointed and vacuumed at random.
  private static func write(through last: Int, in directory: String, _ seed: UInt64) throws {
    var random = SeededRandom(seed)
    let node = try NodeDatabase(in: directory)
    var next = 0
    while next <= last {
      let count = Int.random(in: 1...12, using: &random)
      let end = min(last, next + count - 1)
      let padding = String(repeating: "x", count: .random(in: 0...9000, using: &random))
      try node.insert(next...end) {
        NodeDatabase.event($0, tag: "T\(padding)", time: "2026-07-15T10:00:00Z")
      }
      next = end + 1
      switch Int.random(in: 0..<10, using: &random) {
      case 0: try node.run("PRAGMA wal_checkpoint(TRUNCATE);")
      case 1: try node.run("VACUUM;")
      case 2:
        node.stop()
        try node.start()
      case 3:
        node.kill()
        try node.start()
      default: break
      }
    }
    node.stop()
  }

  private func next(_ reader: any EventReader) async throws(SourceError) -> EventBatch? {
    do {
      return try await reader.next(BatchLimits(events: 7), through: nil)
    } catch {
      guard error.canPass else { throw error }
      return nil
    }
  }

  /// `body` on a thread that may block.
  private func onThread(_ body: @escaping @Sendable () throws -> Void) async throws {
    try await withCheckedThrowingContinuation { continuation in
      Thread { continuation.resume(with: Result(catching: body)) }.start()
    }
  }
}
