import EventPersistenceTesting
import Foundation
import Testing

@testable import EventPersistence
@testable import SecondaryStatus

@Suite("a file of the state that none of ours wrote", .timeLimit(.minutes(1)))
struct HostileFilesTests {
  private let state = TemporaryState()

  private static let names = [
    "checkpoint.json", "secondary.json", "driver.json", "replay.json", "replays.jsonl",
    "journal.jsonl", "history", "pause.json", "cancel", "retry", "lock", "../primary.json",
  ]

  enum Kind: String, CaseIterable {
    case giant, lineWithoutEnd, empty, folder, fifo, linkToFifo, linkToDevice, linkToItself
    case linkOutside, linkToNothing
  }

  private func plant(_ kind: Kind, at path: String) throws {
    try FileManager.default.createDirectory(
      atPath: state.folder.path, withIntermediateDirectories: true)
    switch kind {
    case .giant:
      #expect(FileManager.default.createFile(atPath: path, contents: nil))
      #expect(truncate(path, 8 << 30) == 0)
    case .lineWithoutEnd: try Data(repeating: 0x7B, count: 3 << 20).write(to: URL(filePath: path))
    case .empty: #expect(FileManager.default.createFile(atPath: path, contents: nil))
    case .folder: #expect(mkdir(path, 0o700) == 0)
    case .fifo: #expect(mkfifo(path, 0o600) == 0)
    case .linkToFifo:
      #expect(mkfifo(state.path + "/fifo", 0o600) == 0)
      #expect(symlink(state.path + "/fifo", path) == 0)
    case .linkToDevice: #expect(symlink("/dev/zero", path) == 0)
    case .linkToItself: #expect(symlink(path, path) == 0)
    case .linkOutside, .linkToNothing: #expect(symlink(outside, path) == 0)
    }
  }

  /// A file that is not the state's.
  private var outside: String { state.path + "/outside" }

  /// With another owner if the tests may give files away, as root gives what it makes in the state.
  private func makeOutside() throws -> [Int] {
    try Data("not yours".utf8).write(to: URL(filePath: outside))
    if geteuid() == 0 { #expect(chown(outside, 12345, 12345) == 0) }
    #expect(chmod(outside, 0o444) == 0)
    return outsideNow()
  }

  private func outsideNow() -> [Int] {
    var status = stat()
    guard lstat(outside, &status) == 0 else { return [] }
    return [status.st_size, Int(status.st_mode), Int(status.st_uid), status.st_mtim.tv_nsec]
  }

  /// All that programs do with a secondary's folder.
  private static let operations: [String: @Sendable (StateDirectory) throws -> Void] = [
    "pause": { try $0.pause("cold", by: "a@b", reason: nil, until: nil) },
    "resume": { _ = try $0.resume("cold", by: "a@b") },
    "retry": { try $0.retry("cold", by: "a@b") },
    "forget": { _ = try $0.planForget("cold") },
    "adopt": {
      _ = try $0.adopt("cold", kind: "file", target: "/a", persistenceDir: "/hydra", by: "a@b")
    },
    "names": { _ = try $0.folderNames() },
    "primary": { try $0.writePrimary(["a": 1]) },
    "lock": { try $0.folder("cold").lock()?.release() },
    "heartbeat": { directory in
      try directory.folder("cold").writeDriver(DriverReport(pid: 1, host: "h", startedAt: .now))
    },
    "checkpoint": { directory in
      try directory.folder("cold").write(Checkpoint(position: nil, at: nil, highest: nil))
    },
    "note": { try $0.folder("cold").note(JournalEntry(.state, "ok", at: .now)) },
    "journal": { _ = try $0.folder("cold").readJournal(last: 100) },
    "ended": { directory in
      let replay = ReplayRecord(
        id: "r", kind: .range, from: nil, through: nil, requestedBy: "a@b", reason: nil, at: .now,
        maxRate: nil, previousCheckpoint: nil)
      try directory.folder("cold").appendReplays(replay)
    },
    "replays": { _ = try $0.folder("cold").readReplays(last: 100) },
    "orders": { directory in
      let folder = directory.folder("cold")
      _ = (try folder.readReplay(), try folder.readCancel(), try folder.takeRetry())
    },
    "history": { directory in
      let ring = directory.folder("cold").history
      _ = try ring.read(0...100)
      try ring.append(HistoryRing.Sample(minute: 7, state: .ok))
    },
  ]

  @Test(
    "is neither waited for nor read whole, and a refusal names it", arguments: names,
    Kind.allCases)
  func bounded(name: String, kind: Kind) async throws {
    let path = state.folder.file(name)
    try plant(kind, at: path)
    let before = kind == .linkOutside ? try makeOutside() : []
    let description = SecondaryDescription(
      name: "cold", kind: "file", target: "/a", persistenceDir: "/hydra")
    let observer = Observer(
      source: MemorySource(SampleEvents.make(3)), persistenceDir: "/hydra",
      state: state.directory, secondaries: [description])
    let report = await observer.look().secondaries[0].report
    if kind == .giant, name.hasSuffix(".json") || name.hasPrefix("journal"), !name.contains("/") {
      #expect(report.state == .unknown)
      #expect(report.explanation?.contains(name) == true)
    }
    for (operation, run) in Self.operations {
      do { try run(state.directory) } catch let error as StateError {
        if error.kind == .busy { continue }
        #expect(error.message.contains(path.split(separator: "/").last!), "\(operation)")
        #expect(error.message.contains("ove it"), "\(operation)")
      }
    }
    #expect(outsideNow() == before, "a link was followed out of the state directory")
    if kind == .giant, name == "journal.jsonl" {
      #expect(try state.folder.readPause() == nil, "no order without its entry in the journal")
    }
    if kind == .giant, name.hasSuffix("json") {
      #expect(FileStamp(path)?.byteCount == 8 << 30, "it is left as it is")
    }
  }

  @Test("a folder of the state that is a link is not written through", arguments: ["cold", "n1"])
  func folderLink(name: String) throws {
    let elsewhere = state.path + "/elsewhere"
    try FileManager.default.createDirectory(
      atPath: elsewhere + "/cold", withIntermediateDirectories: true)
    try FileManager.default.createDirectory(
      atPath: state.directory.path, withIntermediateDirectories: true)
    #expect(symlink(elsewhere, state.directory.path + "/" + name) == 0)
    let folder = state.directory.folder(name == "cold" ? name : "\(name)/cold")
    let writes: [() throws -> Void] = [
      { _ = try folder.lock() }, { try folder.prepare() }, { try folder.requestRetry(by: "a@b") },
      { try folder.note(JournalEntry(.state, "ok", at: .now)) },
    ]
    for write in writes {
      let error = #expect(throws: StateError.self) { try write() }
      #expect(error?.message.contains("\(name) is a symbolic link") == true)
    }
    #expect(try FileManager.default.subpathsOfDirectory(atPath: elsewhere) == ["cold"])
    // The state directory may be anywhere.
    let moved = StateDirectory(path: state.path + "/link")
    #expect(symlink(elsewhere, moved.path) == 0)
    #expect(try moved.folder("cold").lock() != nil)
  }
}
