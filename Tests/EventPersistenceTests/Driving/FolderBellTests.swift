import EventPersistenceTesting
import Foundation
import Synchronization
import Testing

@testable import EventPersistence

@Suite("news of a folder")
struct FolderBellTests {
  private let state = TemporaryState()
  private var folder: String { state.directory.path }
  private let bell = FolderBell()!

  init() throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data("1\n".utf8).write(to: URL(filePath: "\(folder)/state"))
  }

  private func append() throws { try Self.append(to: folder) }

  private static func append(to folder: String) throws {
    let handle = try FileHandle(forWritingTo: URL(filePath: "\(folder)/state"))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data("2\n".utf8))
    try handle.close()
  }

  private func rings(within duration: Duration = .seconds(60)) -> Bool {
    bell.wait(until: .now.advanced(by: duration), each: .seconds(3600))
  }

  @Test("it rings for what was done since it was told what to hear", arguments: Change.allCases)
  func changes(_ change: Change) throws {
    bell.listen(to: [folder])
    let files = FileManager.default
    switch change {
    case .append: try append()
    case .replacement:
      try Data("3\n".utf8).write(to: URL(filePath: "\(folder)/state"), options: .atomic)
    case .rotation:
      try files.moveItem(atPath: "\(folder)/state", toPath: "\(folder)/state-1")
    case .removal: try files.removeItem(atPath: "\(folder)/state")
    }
    #expect(rings())
  }

  enum Change: CaseIterable { case append, replacement, rotation, removal }

  @Test("a log that is rotated is heard in its new file")
  func rotation() throws {
    bell.listen(to: [folder])
    try FileManager.default.moveItem(atPath: "\(folder)/state", toPath: "\(folder)/state-1")
    #expect(rings())
    #expect(FileManager.default.createFile(atPath: "\(folder)/state", contents: nil))
    try append()
    #expect(rings())
  }

  @Test("several writes of one change ring once")
  func gathered() throws {
    bell.listen(to: [folder])
    for _ in 0..<50 { try append() }
    #expect(rings())
    #expect(!rings(within: .milliseconds(5)))
  }

  @Test("it is silent while nothing changes")
  func silence() {
    bell.listen(to: [folder])
    #expect(!rings(within: .milliseconds(20)))
  }

  @Test("a folder that does not exist is not heard, and another one is")
  func missing() throws {
    bell.listen(to: ["\(folder)/none", folder])
    try append()
    #expect(rings())
  }

  @Test("a folder that is no longer named is not heard any more")
  func forgotten() throws {
    let other = "\(folder)/other"
    try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: true)
    bell.listen(to: [folder, other])
    bell.listen(to: [other])
    // The kernel tells of the end of a watch, too.
    _ = rings(within: .milliseconds(5))
    try append()
    #expect(!rings(within: .milliseconds(20)))
  }

  @Test("without a folder to hear, it waits until its time is over")
  func deaf() {
    let began = ContinuousClock.now
    #expect(!rings(within: .milliseconds(20)))
    #expect(began.duration(to: .now) >= .milliseconds(20))
  }

  @Test("where the kernel has no more of it, it waits until its time is over, and hears later")
  func exhausted() throws {
    let calls = Counter()
    let bell = FolderBell {
      calls.next() <= 2 ? -1 : inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
    }!
    for _ in 0..<2 {
      bell.listen(to: [folder])
      try append()
      #expect(!bell.wait(until: .now.advanced(by: .milliseconds(20)), each: .milliseconds(100)))
    }
    bell.listen(to: [folder])
    try append()
    #expect(bell.wait(until: .now.advanced(by: .seconds(60)), each: .milliseconds(100)))
  }

  @Test("what cannot be heard is looked for at each interval")
  func unheard() async {
    let asked = Counter()
    await BlockingExecutor(label: "lookout").wait(
      for: .seconds(3600), each: .milliseconds(5), hearing: ["\(folder)/none"]
    ) { _ in asked.next() == 3 }
    #expect(asked.count == 3)
  }

  @Test("an interruption before the wait ends it, once")
  func interruption() {
    bell.listen(to: [folder])
    bell.interrupt()
    #expect(!rings(within: .seconds(3600)))
    #expect(!rings(within: .milliseconds(20)))
  }

  @Test("while it may not ring, nothing is lost: it rings afterwards")
  func postponed() throws {
    bell.listen(to: [folder])
    for _ in 0..<Int(BellPace.burst) {
      try append()
      #expect(rings())
    }
    try append()
    #expect(rings())
  }

  @Test(
    "a wait on an executor ends by news long before its next look, and goes on if they are of no interest",
    arguments: [1, 3])
  func executor(interesting number: Int) async throws {
    let lookout = BlockingExecutor(label: "lookout")
    let folder = folder
    let asked = Counter()
    async let wait = lookout.wait(
      for: .seconds(3600), each: .seconds(3600), hearing: [folder]
    ) { _ in asked.next() == number }
    // From when it hears the folder on, any of these is news.
    let writer = Task {
      while !Task.isCancelled {
        try Self.append(to: folder)
        await Task.yield()
      }
    }
    #expect(await wait)
    writer.cancel()
    #expect(asked.count == number)
  }
}

private final class Counter: Sendable {
  private let value = Mutex(0)

  var count: Int { value.withLock { $0 } }

  func next() -> Int {
    value.withLock {
      $0 += 1
      return $0
    }
  }
}

@Suite("how often a bell may ring")
struct BellPaceTests {
  private let origin = ContinuousClock.now

  /// How many times it rings in `duration` if there is always a reason.
  private func rings(_ pace: inout BellPace, in duration: Duration, each interval: Duration) -> Int
  {
    var (count, at) = (0, origin)
    while true {
      at = pace.next(at: at, each: interval)
      if at > origin.advanced(by: duration) { return count }
      pace.ring(at: at, each: interval)
      count += 1
    }
  }

  @Test("after a quiet time it rings at once")
  func quiet() {
    var pace = BellPace()
    #expect(pace.next(at: origin, each: .milliseconds(100)) == origin)
    for _ in 0..<Int(BellPace.burst) { pace.ring(at: origin, each: .milliseconds(100)) }
    #expect(pace.next(at: origin, each: .milliseconds(100)) > origin)
    let later = origin.advanced(by: .seconds(10))
    #expect(pace.next(at: later, each: .milliseconds(100)) == later)
  }

  @Test("under a log that is written without a pause, half as often as there are looks")
  func busy() {
    var pace = BellPace()
    let count = rings(&pace, in: .seconds(100), each: .milliseconds(100))
    #expect((500...505).contains(count))
  }

  @Test("with a long interval, once a second")
  func slow() {
    var pace = BellPace()
    let count = rings(&pace, in: .seconds(100), each: .seconds(60))
    #expect((100...105).contains(count))
  }
}
