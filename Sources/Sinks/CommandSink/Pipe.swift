import CSpawn
import EventPersistence
import Foundation

/// A pipe between a program and us. Our end never blocks; the program's end does, as it expects.
final class Pipe {
  /// Its capacity: the most that Linux grants an unprivileged process.
  static let capacity = 1 << 20

  private(set) var readEnd: Int32
  private(set) var writeEnd: Int32

  init() throws(SinkError) {
    var ends: [Int32] = [-1, -1]
    guard cspawn_pipe(&ends, Int32(Self.capacity)) == 0 else {
      throw SinkError(
        .retry, code: "pipe",
        "A pipe to the program could not be made: \(String(cString: strerror(errno)))")
    }
    // Above the program's descriptors, so that none overwrites another.
    (readEnd, writeEnd) = (-1, -1)
    readEnd = try Self.raised(ends[0], orClose: ends[1])
    writeEnd = try Self.raised(ends[1], orClose: readEnd)
  }

  deinit {
    closeReadEnd()
    closeWriteEnd()
  }

  private static func raised(_ end: Int32, orClose other: Int32) throws(SinkError) -> Int32 {
    let raised = fcntl(end, F_DUPFD_CLOEXEC, 10)
    let reason = String(cString: strerror(errno))
    close(end)
    guard raised < 0 else { return raised }
    close(other)
    throw SinkError(.retry, code: "pipe", "A pipe to the program could not be made: \(reason)")
  }

  func closeReadEnd() {
    if readEnd >= 0 { close(readEnd) }
    readEnd = -1
  }

  func closeWriteEnd() {
    if writeEnd >= 0 { close(writeEnd) }
    writeEnd = -1
  }

  /// From now on our reads of it return at once.
  func unblockReadEnd() { _ = fcntl(readEnd, F_SETFL, O_NONBLOCK) }
  /// From now on our writes to it return at once.
  func unblockWriteEnd() { _ = fcntl(writeEnd, F_SETFL, O_NONBLOCK) }

  /// Writes as much of `bytes` as fits; nil if the reading end is closed.
  func write(_ bytes: UnsafeRawBufferPointer) -> Int? {
    let count = BrokenPipe.heldOff { Foundation.write(writeEnd, bytes.baseAddress!, bytes.count) }
    if count >= 0 { return count }
    return errno == EAGAIN || errno == EINTR ? 0 : nil
  }
}

/// SIGPIPE, blocked here so that the process need not ignore it.
enum BrokenPipe {
  /// Runs `body`, which sets `errno`, with the signal blocked: it would end the process.
  static func heldOff(_ body: () -> Int) -> Int {
    var mask = sigset_t()
    var before = sigset_t()
    var pending = sigset_t()
    sigemptyset(&mask)
    sigaddset(&mask, SIGPIPE)
    sigpending(&pending)
    let wasPending = sigismember(&pending, SIGPIPE) == 1
    pthread_sigmask(SIG_BLOCK, &mask, &before)
    let result = body()
    let code = errno
    if result < 0, code == EPIPE, !wasPending {
      var now = timespec()
      while sigtimedwait(&mask, nil, &now) < 0, errno == EINTR {}
    }
    pthread_sigmask(SIG_SETMASK, &before, nil)
    errno = code
    return result
  }
}
