import EventArchive
import EventPersistence
import EventPersistenceTesting
import Foundation
import Synchronization
import Testing

@testable import HydraLog

@Suite("Restoring a log")
struct RestorationTests {
  private func restore(
    _ events: [StateEvent], _ manifest: ArchiveManifest = ArchiveManifest(schema: 1),
    as format: Restoration.Format = .state, through: UInt64? = nil
  ) async throws -> (folder: Folder, result: Restoration.Result) {
    let folder = try Folder()
    let result = try await Restoration(
      MemorySource(events), manifest, to: folder.target, format: format, through: through
    ).run()
    return (folder, result)
  }

  /// Removed after the test.
  private final class Folder: Sendable {
    let path: String
    var target: String { "\(path)/restored" }

    init() throws {
      path = NSTemporaryDirectory() + "restored-\(UUID().uuidString)"
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var files: [String] {
      ((try? FileManager.default.subpathsOfDirectory(atPath: target)) ?? []).sorted()
    }

    func text(_ name: String) -> String {
      (try? String(contentsOfFile: "\(target)/\(name)", encoding: .utf8)) ?? ""
    }
  }

  private func text(_ events: some Sequence<StateEvent>) -> String {
    events.map { String(decoding: $0.json, as: UTF8.self) + "\n" }.joined()
  }

  @Test("the same bytes, rotated at a Checkpoint with the id of the event before it")
  func rotated() async throws {
    let events = SampleEvents.make(20, sharedIdEach: 7)
    let (folder, result) = try await restore(events)
    #expect(result.events == 20 && result.rotations == 2)
    #expect(folder.files == ["state", "state-14", "state-7"])
    let checkpoints = events.indices.filter { events[$0].tag == "Checkpoint" }
    #expect(folder.text("state-7") == text(events[..<checkpoints[0]]))
    #expect(folder.text("state-14") == text(events[checkpoints[0]..<checkpoints[1]]))
    #expect(folder.text("state") == text(events[checkpoints[1]...]))
  }

  @Test("a Checkpoint with the id of the event after it begins a file, as in 0.22.0 to 0.22.3")
  func earlyRotation() async throws {
    var events = SampleEvents.make(6)
    let json = "{\"eventId\":3,\"stateChanged\":{\"tag\":\"Checkpoint\"}}"
    events.insert(
      StateEvent(position: Position(eventId: 3, tag: "Checkpoint"), json: Array(json.utf8)), at: 3)
    let (folder, _) = try await restore(events)
    #expect(folder.files == ["state", "state-2"])
    #expect(folder.text("state") == text(events[3...]))
    await #expect(throws: RestoreError.self) { try await restore(events, as: .sqliteJSON) }
  }

  @Test("a database holds the same bytes, its archives too")
  func database() async throws {
    let events = SampleEvents.make(20, sharedIdEach: 7)
    let (folder, _) = try await restore(events, as: .sqliteJSON)
    #expect(
      folder.files == ["hydra.db", "old-state", "old-state/hydra-14.db", "old-state/hydra-7.db"])
    let reader = PersistenceDirectory(path: folder.target).reader(from: .first)
    var read: [StateEvent] = []
    while let batch = try await reader.next(BatchLimits(), through: nil) {
      read += batch.entries.map(batch.event)
    }
    #expect(read.map(\.json) == events.map(\.json))
  }

  @Test("lines that had no id are unwrapped")
  func bare() async throws {
    let events = (0..<4).map { id in
      let json = "{\"eventId\":\(id),\"stateChanged\":{\"tag\":\"TickObserved\",\"n\":\(id)}}"
      return StateEvent(
        position: Position(eventId: UInt64(id), tag: "TickObserved"), json: Array(json.utf8))
    }
    var manifest = ArchiveManifest(schema: 1)
    manifest.bareThrough = 1
    let (folder, _) = try await restore(events, manifest)
    #expect(
      folder.text("state")
        == "{\"tag\":\"TickObserved\",\"n\":0}\n{\"tag\":\"TickObserved\",\"n\":1}\n"
        + text(events[2...]))
  }

  @Test(
    "an incomplete archive is refused, and leaves nothing",
    arguments: [
      (SampleEvents.make(5, first: 3), "begins with the event 3"),
      (SampleEvents.make(9).filter { $0.eventId != 4 }, "the event 4:"),
      (SampleEvents.make(9).filter { !(3...5).contains($0.eventId) }, "the events 3 to 5"),
      ([], "no event"),
    ])
  func parts(_ events: [StateEvent], _ reason: String) async throws {
    let folder = try Folder()
    let error = await #expect(throws: RestoreError.self) {
      try await Restoration(
        MemorySource(events), ArchiveManifest(schema: 1), to: folder.target, format: .state
      ).run()
    }
    #expect(error?.kind == .refused && error?.message.contains(reason) ?? false, "\(error as Any)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  @Test(
    "an event from a CBOR log is refused in a format of JSON, and the refusal names the other one",
    arguments: [
      (0, "cannot read it. Use --format sqlite-cbor."),
      (1, "Use --format sqlite-cbor, or restore the events before it (--through 0)."),
      (4, "Use --format sqlite-cbor, or restore the events before it (--through 3)."),
    ])
  func derived(_ id: Int, _ end: String) async throws {
    var events = SampleEvents.make(6)
    events[id].json = Array(
      "{\"eventId\":\(id),\"stateChanged\":{\"tag\":\"X\",\"tx\":{\"cborHex\":\"80\"}}}".utf8)
    for format in [Restoration.Format.state, .sqliteJSON] {
      let error = await #expect(throws: RestoreError.self) {
        try await restore(events, as: format)
      }
      #expect(error?.message.hasSuffix(end) ?? false, "\(error as Any)")
    }
    if id > 0 { #expect(try await restore(events, through: UInt64(id - 1)).result.events == id) }
  }

  /// The refusal to restore to `folder.target`.
  private func refusal(_ folder: Folder) async throws -> String {
    let error = await #expect(throws: RestoreError.self) {
      try await Restoration(
        MemorySource(SampleEvents.make(9)), ArchiveManifest(schema: 1), to: folder.target,
        format: .state
      ).run()
    }
    return error?.message ?? ""
  }

  @Test("a log is written inside an empty folder, which may be a mount point or in a read-only one")
  func within() async throws {
    let folder = try Folder()
    try FileManager.default.createDirectory(
      atPath: folder.target, withIntermediateDirectories: true)
    let identity =
      try FileManager.default.attributesOfItem(atPath: folder.target)[
        .systemFileNumber] as? Int
    let seen = Mutex<Set<String>>([])
    let result = try await Restoration(
      MemorySource(SampleEvents.make(20, sharedIdEach: 7)), ArchiveManifest(schema: 1),
      to: folder.target, format: .sqliteJSON
    ).run { _ in seen.withLock { $0.formUnion(folder.files) } }
    #expect(result.events == 20)
    #expect(
      folder.files == ["hydra.db", "old-state", "old-state/hydra-14.db", "old-state/hydra-7.db"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["restored"])
    #expect(
      try FileManager.default.attributesOfItem(atPath: folder.target)[.systemFileNumber] as? Int
        == identity)
    let early = seen.withLock { $0 }
    #expect(!early.isEmpty && early.allSatisfy { $0.hasPrefix(".restoring") }, "\(early)")
  }

  @Test("files that appear there meanwhile are not overwritten, and none of ours is left")
  func meanwhile() async throws {
    let folder = try Folder()
    try FileManager.default.createDirectory(
      atPath: folder.target, withIntermediateDirectories: true)
    let error = await #expect(throws: RestoreError.self) {
      try await Restoration(
        MemorySource(SampleEvents.make(9)), ArchiveManifest(schema: 1), to: folder.target,
        format: .state
      ).run { _ in try? Data("theirs".utf8).write(to: URL(filePath: "\(folder.target)/state")) }
    }
    #expect(error?.message.contains("holds a log (state)") ?? false, "\(error as Any)")
    #expect(folder.files == ["state"] && folder.text("state") == "theirs")
  }

  @Test(
    "an interrupted restore is named, in either place, and so is a missing parent folder"
  )
  func places() async throws {
    let folder = try Folder()
    try FileManager.default.createDirectory(
      atPath: "\(folder.target).restoring", withIntermediateDirectories: true)
    #expect(try await refusal(folder).contains("rm -r \(folder.target).restoring"))
    try FileManager.default.createDirectory(
      atPath: "\(folder.target)/.restoring", withIntermediateDirectories: true)
    #expect(try await refusal(folder).contains("rm -r \(folder.target)/.restoring"))
    try FileManager.default.removeItem(atPath: folder.path)
    #expect(
      try await refusal(folder).contains(
        "\(folder.target) cannot be created, because \(folder.path) does not exist"))
  }

  @Test("the log is written, then read back")
  func progress() async throws {
    let folder = try Folder()
    let seen = Mutex<[Restoration.Progress]>([])
    _ = try await Restoration(
      MemorySource(SampleEvents.make(9)), ArchiveManifest(schema: 1), to: folder.target,
      format: .state
    ).run { progress in seen.withLock { $0.append(progress) } }
    #expect(seen.withLock { $0 } == [.written(8), .readBack(8)])
  }

  @Test("bytes that the node's JSON does not have show a CBOR log")
  func bareLedgerValues() {
    func holds(_ text: String) -> Bool {
      Array(text.utf8).withUnsafeBytes { RestorePass.isMadeFromCBOR($0) }
    }
    #expect(holds(#"{"tx":{"cborHex":"84","txId":"00"}}"#))
    #expect(holds(#"{"a":{"x":1},"utxo":{"cborHex":"a0"}}"#))
    #expect(holds(#"{"tag":"X","undecoded":{"cborHex":"a0","from":"headId"}}"#))
    #expect(holds(#"{"cborHex":"6a","eventId":1,"stateChanged":{"tag":"X"}}"#))
    #expect(!holds(#"{"tx":{"cborHex":"84","description":"","txId":"00","type":"Tx"}}"#))
    #expect(!holds(#"{"cborHex":"84"#) && !holds(""))
  }
}
