import EventPersistence
import Foundation
import Testing

@testable import FileSink

@Suite("What the file sink refuses, and how it says so")
struct FileSinkRefusalTests {
  let events = FileSinkTests.log(10)

  @Test("two drivers on one folder exclude each other until the first ends")
  func lock() async throws {
    let folder = try ArchiveFolder()
    let first = folder.sink()
    _ = try await first.open()
    let second = folder.sink()
    let error = await FileSinkTests.failure { _ = try await second.open() }
    #expect(error?.remedy == .held)
    await first.close()
    #expect(try await second.open() == .through(nil))
  }

  @Test("a folder without a parent is not made: a file system may not be mounted yet")
  func noParent() async throws {
    let folder = try ArchiveFolder()
    try FileManager.default.removeItem(atPath: folder.parent)
    let error = await FileSinkTests.failure { _ = try await folder.sink().open() }
    #expect(error?.remedy == .stop)
    #expect(error?.code == "ENOENT")
    #expect(error?.message.contains(folder.parent) == true)
  }

  @Test("a path that is a file is refused")
  func file() async throws {
    let folder = try ArchiveFolder()
    try Data().write(to: URL(fileURLWithPath: folder.path))
    let error = await FileSinkTests.failure { _ = try await folder.sink().open() }
    #expect(error?.remedy == .stop)
    #expect(error?.code == "ENOTDIR")
  }

  @Test("a path in the node's persistence directory is refused, also through a link")
  func misplaced() async throws {
    let folder = try ArchiveFolder()
    let link = folder.parent + "/link"
    symlink(folder.parent, link)
    for path in [folder.path, link + "/archive", folder.parent] {
      let sink = FileSink(.init(path: path, persistenceDirectory: folder.parent))
      let error = await FileSinkTests.failure { _ = try await sink.open() }
      #expect(error?.code == "misplaced")
    }
    #expect(!FileManager.default.fileExists(atPath: folder.path))
    let beside = FileSink(.init(path: folder.path, persistenceDirectory: folder.path + "-node"))
    #expect(try await beside.open() == .through(nil))
  }

  @Test("options other than those of the archive are refused, and both are named")
  func options() async throws {
    let folder = try ArchiveFolder()
    try await folder.store(events)
    let sink = FileSink(.init(path: folder.path, interval: .seconds(60), eventsMax: 5))
    let error = await FileSinkTests.failure { _ = try await sink.open() }
    #expect(error?.remedy == .stop)
    #expect(error?.message.contains("interval 20s") == true)
    #expect(error?.message.contains("interval 60s") == true)
  }

  @Test("an archive of a later version is refused by its number")
  func laterVersion() async throws {
    let folder = try ArchiveFolder()
    try await folder.store(events)
    try Data("{\"schema\":2,\"sort\":\"something new\"}".utf8).write(
      to: URL(fileURLWithPath: folder.path + "/hydra-sinks.json"))
    let error = await FileSinkTests.failure { _ = try await folder.sink().open() }
    #expect(error?.remedy == .stop)
    #expect(error?.code == "schema 2")
  }

  @Test("segments without a version beside them are not touched")
  func noVersion() async throws {
    let folder = try ArchiveFolder()
    try await folder.store(events)
    let before = folder.segments
    try FileManager.default.removeItem(atPath: folder.path + "/hydra-sinks.json")
    let error = await FileSinkTests.failure { _ = try await folder.sink().open() }
    #expect(error?.remedy == .stop)
    #expect(folder.segments == before)
  }

  @Test("an archive that was moved away while it was written is noticed, and begun again")
  func moved() async throws {
    let folder = try ArchiveFolder()
    let sink = folder.sink()
    _ = try await sink.open()
    try await folder.put(Array(events[..<3]), into: sink)
    try FileManager.default.moveItem(atPath: folder.path, toPath: folder.path + "-away")
    let error = await FileSinkTests.failure {
      try await folder.put(Array(events[..<4]), from: 3, into: sink)
    }
    #expect(error?.remedy == .retry)
    #expect(error?.code == "moved")
    #expect(try await sink.open() == .through(nil))
    try await folder.put(events, into: sink)
    #expect(try folder.contents() == events)
  }

  @Test("nothing is stored after an error until the archive is opened again")
  func closed() async throws {
    let folder = try ArchiveFolder()
    let error = await FileSinkTests.failure {
      try await folder.put(events, into: folder.sink())
    }
    #expect(error?.remedy == .retry)
    #expect(error?.code == "closed")
  }

  @Test("an error names its file, and says what to do")
  func errors() {
    let full = SinkError.file("/srv/a", "written", ENOSPC)
    #expect(full.remedy == .retry)
    #expect(full.code == "ENOSPC")
    #expect(SinkError.file("/srv/a", "opened", EACCES).remedy == .stop)
    #expect(
      SinkError.file("/srv/a", "opened", EROFS).message.hasPrefix("/srv/a could not be opened"))
  }
}
