internal import Foundation
internal import Synchronization

/// The right to drive a secondary: an open-file-description lock on `STATE/NAME/lock`.
///
/// The kernel frees it when the last descriptor of this opening is closed, so also when the process dies.
/// Descriptors of one process exclude one another too. The file is never removed or replaced: whoever
/// locked a removed one would hold nothing.
public final class FolderLock: Sendable {
  private let path: String
  private let descriptor: Mutex<Int32?>

  private init(_ path: String, _ descriptor: Int32) {
    self.path = path
    self.descriptor = Mutex(descriptor)
  }

  deinit { release() }

  /// Whether this is the lock on `path`, and neither released nor left to an heir.
  func isHeld(on path: String) -> Bool { path == self.path && descriptor.withLock { $0 != nil } }

  /// Frees the lock. Further calls do nothing.
  public func release() {
    descriptor.withLock {
      if let open = $0 {
        // Closing alone would leave it held for as long as a process that is just being started has a copy
        // of the descriptor: from its fork to its exec.
        var range = Self.wholeFile(F_UNLCK)
        _ = fcntl(open, Self.ofdSetLock, &range)
        close(open)
      }
      $0 = nil
    }
  }

  /// Leaves the lock to the program that inherited it: it is held for as long as that one lives.
  public func leaveToHeir() {
    descriptor.withLock {
      if let open = $0 { close(open) }
      $0 = nil
    }
  }

  /// Takes the lock on `path`, creating the file; nil where somebody else holds it. Never waits.
  static func take(_ path: String, access: StateAccess) throws(StateError) -> FolderLock? {
    let descriptor = try access.create(path, flags: O_RDWR)
    if acquire(descriptor) {
      var opened = stat()
      var named = stat()
      // The folder may have been set aside meanwhile: a lock on what has no name any more is none.
      if fstat(descriptor, &opened) == 0, stat(path, &named) == 0,
        opened.st_ino == named.st_ino, opened.st_dev == named.st_dev
      {
        return FolderLock(path, descriptor)
      }
      close(descriptor)
      return nil
    }
    let code = errno
    close(descriptor)
    if code == EAGAIN || code == EACCES { return nil }
    throw .writing(path, code)
  }

  /// Takes a lock of this sort on a file of a sink's own; nil where somebody else holds it. Never waits.
  public static func take(_ path: String) throws(StateError) -> FolderLock? {
    try take(path, access: StateAccess(group: nil))
  }

  /// Shows the descriptor that holds the lock, for a program that is to inherit it; nothing once released.
  public func withDescriptor(_ body: (Int32) -> Void) {
    descriptor.withLock { if let open = $0 { body(open) } }
  }

  /// Locks what `descriptor` is open on, for as long as that opening lives; false, with `errno`, if not.
  static func acquire(_ descriptor: Int32) -> Bool {
    var range = wholeFile(F_WRLCK)
    return fcntl(descriptor, ofdSetLock, &range) == 0
  }

  /// Whether somebody holds the lock on `path`. Takes nothing, creates nothing; the asker's own counts.
  static func isHeld(_ path: String) throws(StateError) -> Bool {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      if errno == ENOENT { return false }
      throw .reading(path, errno)
    }
    defer { close(descriptor) }
    var range = wholeFile(F_WRLCK)
    guard fcntl(descriptor, ofdGetLock, &range) == 0 else { throw .reading(path, errno) }
    return range.l_type != Int16(F_UNLCK)
  }

  private static func wholeFile(_ type: Int32) -> flock {
    // l_pid must be 0 for locks of this sort.
    flock(l_type: Int16(type), l_whence: Int16(SEEK_SET), l_start: 0, l_len: 0, l_pid: 0)
  }

  // From Linux' uapi/asm-generic/fcntl.h: glibc shows them to _GNU_SOURCE alone.
  private static let ofdGetLock: Int32 = 36
  private static let ofdSetLock: Int32 = 37
}

extension SecondaryFolder {
  /// Takes the right to drive; nil where somebody else has it.
  public func lock() throws(StateError) -> FolderLock? {
    try FolderLock.take(file("lock"), access: access)
  }

  /// Whether somebody drives. Creates and takes nothing.
  public func isLocked() throws(StateError) -> Bool { try FolderLock.isHeld(file("lock")) }
}

extension StateDirectory {
  /// Whether a lock in this directory keeps a second one out: not so on some network file systems.
  /// Makes a file of its own for it, and removes it.
  public func locksExclude() throws(StateError) -> Bool {
    let access = StateAccess(group: group)
    let path = path + "/.lock-test" + AtomicFile.temporaryMark + "\(getpid())"
    defer { unlink(path) }
    guard let first = try FolderLock.take(path, access: access) else { return false }
    defer { first.release() }
    guard try FolderLock.isHeld(path) else { return false }
    return try FolderLock.take(path, access: access) == nil
  }
}
