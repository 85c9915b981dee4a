internal import Foundation
internal import Synchronization
internal import SystemPackage

/// The right to drive a secondary: an open-file-description lock on `STATE/NAME/lock`.
///
/// The kernel frees it when the last descriptor of this opening is closed, so also when the process
/// dies. Descriptors of one process exclude one another too. The file is never removed or replaced:
/// a lock on a removed file would exclude no other.
public final class FolderLock: Sendable {
  private let path: String
  private let file: Mutex<OpenFile?>

  private init(_ path: String, _ file: OpenFile) {
    self.path = path
    self.file = Mutex(file)
  }

  deinit { release() }

  /// Whether this is the lock on `path`, and neither released nor left to an heir.
  func isHeld(on path: String) -> Bool { path == self.path && file.withLock { $0 != nil } }

  /// Frees the lock. Further calls do nothing.
  public func release() {
    file.withLock {
      if let open = $0 {
        // Closing alone would leave it held while a process that is being started has a copy of the
        // descriptor: from its fork to its exec.
        var range = Self.wholeFile(F_UNLCK)
        _ = fcntl(open.descriptor.rawValue, Self.ofdSetLock, &range)
      }
      $0 = nil
    }
  }

  /// Leaves the lock to the program that inherited it, which holds it as long as it lives.
  public func leaveToHeir() {
    file.withLock { $0 = nil }
  }

  /// Takes the lock on `path`, creating the file; nil if another holds it. Never waits.
  static func take(_ path: String, access: StateAccess) throws(StateError) -> FolderLock? {
    let file = try access.create(path, .readWrite)
    guard acquire(file.descriptor) else {
      let code = Errno.last
      if code == .resourceTemporarilyUnavailable || code == .permissionDenied { return nil }
      throw .writing(path, code)
    }
    // The folder may have been set aside meanwhile: a lock on a file without a name excludes no
    // other.
    guard isNamed(path, file) else { return nil }
    return FolderLock(path, file)
  }

  private static func isNamed(_ path: String, _ file: OpenFile) -> Bool {
    guard let opened = try? file.status(), let named = try? Stat(path) else { return false }
    return FileIdentity(opened) == FileIdentity(named)
  }

  /// - Throws: `.notWritable` if the folder was moved away or unmounted: nothing is written in its
  ///   place, where this lock excludes no other.
  func checkPlace() throws(StateError) {
    guard file.withLock({ $0.map { Self.isNamed(path, $0) } ?? false }) else {
      throw StateError(
        .notWritable,
        "\(path) is not the file that this driver locked: the state directory was moved, deleted "
          + "or unmounted. Bring it back, or end this driver (pid \(getpid())).")
    }
  }

  /// Takes a lock of this kind on a file of a sink's own; nil if another holds it. Never waits.
  public static func take(_ path: String) throws(StateError) -> FolderLock? {
    try take(path, access: StateAccess(group: nil))
  }

  /// Passes the descriptor that holds the lock to `body`, for a program that inherits it; does
  /// nothing once released.
  public func withDescriptor(_ body: (Int32) -> Void) {
    file.withLock { if let open = $0 { body(open.descriptor.rawValue) } }
  }

  /// Locks the file that `descriptor` is open on, as long as that opening lives; false, with
  /// `errno`, if it cannot.
  static func acquire(_ descriptor: FileDescriptor) -> Bool {
    var range = wholeFile(F_WRLCK)
    return fcntl(descriptor.rawValue, ofdSetLock, &range) == 0
  }

  /// Whether the lock on `path` is held, also by the caller. Takes nothing, creates nothing.
  package static func isHeld(_ path: String) throws(StateError) -> Bool {
    guard let file = try AtomicFile.open(path) else { return false }
    var range = wholeFile(F_WRLCK)
    guard fcntl(file.descriptor.rawValue, ofdGetLock, &range) == 0 else {
      throw .reading(path, .last)
    }
    return range.l_type != Int16(F_UNLCK)
  }

  private static func wholeFile(_ type: Int32) -> flock {
    // l_pid must be 0 for locks of this kind.
    flock(l_type: Int16(type), l_whence: Int16(SEEK_SET), l_start: 0, l_len: 0, l_pid: 0)
  }

  // From Linux' uapi/asm-generic/fcntl.h: glibc defines them for _GNU_SOURCE only.
  private static let ofdGetLock: Int32 = 36
  private static let ofdSetLock: Int32 = 37
}

extension SecondaryFolder {
  /// Takes the right to drive; nil if another process has it.
  public func lock() throws(StateError) -> FolderLock? {
    try FolderLock.take(file("lock"), access: access)
  }

  /// Whether a driver holds the lock. Creates and takes nothing.
  public func isLocked() throws(StateError) -> Bool { try FolderLock.isHeld(file("lock")) }
}

extension StateDirectory {
  /// Whether a lock in this directory excludes a second one, which some network file systems do not
  /// ensure. Creates a file of its own for the test, and removes it.
  public func locksExclude() throws(StateError) -> Bool {
    let path = path + "/.lock-test" + AtomicFile.temporaryMark + "\(getpid())"
    defer { unlink(path) }
    guard let first = try FolderLock.take(path, access: access) else { return false }
    defer { first.release() }
    guard try FolderLock.isHeld(path) else { return false }
    return try FolderLock.take(path, access: access) == nil
  }
}
