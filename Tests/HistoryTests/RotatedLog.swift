import EventPersistence
import EventPersistenceTesting
import Foundation
import HydraLog
import SQLite
import SimulatedNode

/// A node's log with some rotations, and what it held before its files were removed.
final class RotatedLog: Sendable {
  enum Kind: String, Sendable, CaseIterable {
    /// `state-L`, then `state` from a `Checkpoint` of the id L on: 0.22.4 to 2.0.
    case file
    /// The `Checkpoint` has the id L+1, and the next event, too: 0.22.0 to 0.22.3.
    case earlyFile
    /// `old-state/hydra-L.db`, then `hydra.db`: 2.3.
    case database
    /// The same with rows of CBOR.
    case cbor
  }

  let kind: Kind
  let path: String
  /// All of it, as the whole log was read.
  let events: [StateEvent]
  /// Its files before the live one, oldest first.
  let archives: [String]

  var source: PersistenceDirectory { PersistenceDirectory(path: path) }

  init(_ kind: Kind) async throws {
    self.kind = kind
    path = NSTemporaryDirectory() + "rotated-\(UUID().uuidString)"
    try FileManager.default.createDirectory(
      atPath: "\(path)/old-state", withIntermediateDirectories: true)
    switch kind {
    case .file, .earlyFile, .database:
      var log = SampleEvents.make(18, sharedIdEach: 4)
      if kind == .earlyFile {
        for index in log.indices.dropFirst() where log[index].tag == "Checkpoint" {
          log.swapAt(index - 1, index)
        }
      }
      var names: [String] = []
      var rest = log[...]
      while let end = rest.dropFirst().firstIndex(where: { $0.tag == "Checkpoint" }) {
        let last = rest[end - 1].eventId
        names.append(kind == .database ? "old-state/hydra-\(last).db" : "state-\(last)")
        try Self.write(rest[..<end], to: "\(path)/\(names.last!)")
        rest = rest[end...]
      }
      try Self.write(rest, to: "\(path)/\(kind == .database ? "hydra.db" : "state")")
      archives = names
      events = log
    case .cbor:
      var options = SimulatedNode.Options(
        directory: path, format: .sqliteCBOR, count: 16, rotateAfter: 4,
        firstTime: EventTime(seconds: 1_784_109_600))
      options.batchEvents = 5
      try await SimulatedNode(options).run()
      let source = PersistenceDirectory(path: path)
      archives = await source.survey().archives.map(\.path)
      events = try await source.reader(from: .first).all()
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func remove(_ archive: String) throws {
    try FileManager.default.removeItem(atPath: "\(path)/\(archive)")
  }

  private static func write(_ events: ArraySlice<StateEvent>, to path: String) throws {
    guard path.hasSuffix(".db") else {
      var lines: [UInt8] = []
      for event in events { lines += event.json + [0x0A] }
      return try Data(lines).write(to: URL(filePath: path))
    }
    let database = try SQLiteDatabase(path)
    if path.hasSuffix("hydra.db") { try database.execute("PRAGMA journal_mode = WAL") }
    try database.createEvents()
    try database.execute("PRAGMA user_version = 1")
    try database.transaction {
      for event in events {
        try event.json.withUnsafeBytes { try database.insert(Int64(event.eventId), $0) }
      }
    }
  }
}

extension EventReader {
  func all(_ limits: BatchLimits = BatchLimits()) async throws -> [StateEvent] {
    var events: [StateEvent] = []
    while let batch = try await next(limits, through: nil) {
      events += batch.entries.map(batch.event)
    }
    return events
  }
}
