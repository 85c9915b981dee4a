import EventPersistenceTesting
import Foundation
import Testing

@testable import EventPersistence

@Suite struct FolderLockTests {
  let state = TemporaryState()

  @Test("a lock excludes the next one, also in the same process, until it is released")
  func excludes() throws {
    let lock = try #require(try state.folder.lock())
    #expect(try state.folder.lock() == nil)
    #expect(try state.folder.isLocked())
    lock.release()
    #expect(try !state.folder.isLocked())
    #expect(try state.folder.lock() != nil)
  }

  @Test("a lock ends with its last reference, and its file stays")
  func lifetime() throws {
    do {
      let lock = try #require(try state.folder.lock())
      #expect(try state.folder.isLocked())
      _ = lock
    }
    #expect(try !state.folder.isLocked())
    #expect(try state.names() == ["lock"])
  }

  @Test("another process's lock is seen and respected, and its death frees it")
  func otherProcess() throws {
    _ = try state.folder.lock()
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    // Open-file-description locks are F_OFD_SETLK = 37 on every Linux; F_WRLCK = 1.
    process.arguments = [
      "python3", "-c",
      """
      import fcntl, struct, sys
      f = open(sys.argv[1], 'r+')
      fcntl.fcntl(f, 37, struct.pack('hhqqi', 1, 0, 0, 0, 0))
      print('held', flush=True)
      sys.stdin.read()
      """, state.folder.path + "/lock",
    ]
    let input = Pipe()
    let output = Pipe()
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    #expect(output.fileHandleForReading.readData(ofLength: 5) == Data("held\n".utf8))
    #expect(try state.folder.isLocked())
    #expect(try state.folder.lock() == nil)
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    #expect(try !state.folder.isLocked())
    #expect(try state.folder.lock() != nil)
  }

  @Test("a child does not inherit the lock")
  func closesOnExec() throws {
    let lock = try #require(try state.folder.lock())
    let child = Process()
    child.executableURL = URL(filePath: "/bin/cat")
    let input = Pipe()
    child.standardInput = input
    try child.run()
    lock.release()
    #expect(try !state.folder.isLocked())
    try input.fileHandleForWriting.close()
    child.waitUntilExit()
  }

  @Test("locking works in a local file system, and testing it leaves no file")
  func selfTest() throws {
    try state.directory.prepare()
    #expect(try state.directory.locksExclude())
    #expect(try FileManager.default.contentsOfDirectory(atPath: state.directory.path).isEmpty)
  }
}
