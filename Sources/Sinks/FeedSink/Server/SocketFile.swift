internal import EventPersistence
internal import Foundation

/// The `ucred` of unix(7), which C shows only with its extensions.
struct PeerCredentials: Sendable {
  var process: Int32 = 0
  var user: uid_t = 0
  var group: gid_t = 0
}

/// The file of a Unix domain socket.
struct SocketFile: Sendable {
  let path: String
  private let identity: Identity

  /// Tells a file from a later one of the same path, which may get the same inode. Neither `chmod`
  /// nor `chown` changes it.
  private struct Identity: Equatable {
    var device: dev_t
    var inode: ino_t
    var seconds: Int
    var nanoseconds: Int

    /// Nil if nothing is there.
    init?(of path: String) {
      var status = stat()
      guard lstat(path, &status) == 0 else { return nil }
      (device, inode) = (status.st_dev, status.st_ino)
      (seconds, nanoseconds) = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
    }
  }

  /// Whether a feed can listen there; creates nothing.
  static func probe(_ path: String) throws(SinkError) {
    guard access(parent(of: path), W_OK | X_OK) == 0 else { throw refused(path, errno) }
    _ = try isStale(path)
  }

  /// Listens at `path`. A file that a dead process left there is replaced.
  ///
  /// The file is its owner's alone, or the group's too, from the moment that it exists. The lock of
  /// its folder lets one process at a time decide that a socket is stale: between `bind` and
  /// `listen` a living one looks as a dead one does.
  static func listen(
    at path: String, sharedWith group: String?
  ) throws(SinkError) -> (descriptor: Int32, file: SocketFile) {
    let groupId = try group.map { name throws(SinkError) in try id(of: name, path) }
    let folder = open(parent(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { throw refused(path, errno) }
    defer { close(folder) }
    guard flock(folder, LOCK_EX | LOCK_NB) == 0 else {
      throw SinkError(
        .held, code: "socket in use",
        "\(FeedAddress.file(path)): another process has locked \(parent(of: path)).")
    }
    if try isStale(path) { unlink(path) }
    let descriptor = socket(AF_UNIX, streamType, 0)
    guard descriptor >= 0 else { throw .notListening(.file(path), errno) }
    do throws(SinkError) {
      // On Linux the file gets the mode of the socket that is bound, as far as the umask lets it.
      guard fchmod(descriptor, 0o600) == 0,
        withAddress(path, { Foundation.bind(descriptor, $0, $1) }) == 0
      else { throw refused(path, errno) }
      if let groupId {
        guard chown(path, uid_t.max, groupId) == 0, chmod(path, 0o660) == 0 else {
          let failure = errno
          unlink(path)
          throw SinkError(
            .stop, code: "state-group",
            "\(path) cannot be given to the group \(group ?? ""): "
              + "\(String(cString: strerror(failure))). The driver's user must be a member of it.")
        }
      }
      guard Foundation.listen(descriptor, ListeningSocket.backlog) == 0,
        let identity = Identity(of: path)
      else { throw SinkError.notListening(.file(path), errno) }
      return (descriptor, SocketFile(path: path, identity: identity))
    } catch {
      close(descriptor)
      throw error
    }
  }

  /// Removes the file, unless another has taken its place.
  func remove() {
    if Identity(of: path) == identity { unlink(path) }
  }

  // MARK: - What is there

  private static var streamType: Int32 {
    Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
  }

  /// Whether a socket is there that no process listens on; false if nothing is there.
  ///
  /// - Throws: `held` if a process listens on it, `stop` if it is something else.
  private static func isStale(_ path: String) throws(SinkError) -> Bool {
    var status = stat()
    guard lstat(path, &status) == 0 else {
      guard errno == ENOENT else { throw refused(path, errno) }
      return false
    }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      throw SinkError(
        .stop, code: "not a socket",
        "\(path) is in the way: expected nothing there, or a socket that no process listens on. "
          + "Remove it, or correct listen.")
    }
    let descriptor = socket(AF_UNIX, streamType, 0)
    guard descriptor >= 0 else { throw .notListening(.file(path), errno) }
    defer { close(descriptor) }
    if withAddress(path, { connect(descriptor, $0, $1) }) == 0 {
      throw inUse(path, by: peer(of: descriptor).map(SocketHolder.process))
    }
    switch errno {
    case ECONNREFUSED: return true
    case ENOENT: return false
    // Its queue is full, or it is of another type: a process has it.
    case EAGAIN, EPROTOTYPE: throw inUse(path, by: nil)
    default: throw refused(path, errno)
    }
  }

  private static func inUse(_ path: String, by holder: SocketHolder?) -> SinkError {
    .inUse(.file(path), by: holder, code: "socket in use", toFind: "ss -lxp src \(path)")
  }

  /// The process at the other end of a connection, as the kernel knows it.
  private static func peer(of descriptor: Int32) -> Int32? {
    var credentials = PeerCredentials()
    var size = socklen_t(MemoryLayout<PeerCredentials>.size)
    guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0,
      credentials.process > 0
    else { return nil }
    return credentials.process
  }

  private static func refused(_ path: String, _ code: Int32) -> SinkError {
    let folder = parent(of: path)
    switch code {
    case ENOENT, ENOTDIR:
      return SinkError(
        .stop, code: "no such folder",
        "\(FeedAddress.file(path)): \(folder) is not a folder. Create it, for a service with "
          + "RuntimeDirectory= in its unit, or correct listen.")
    case EACCES, EPERM, EROFS:
      return SinkError(
        .stop, code: "EACCES",
        "\(FeedAddress.file(path)): \(AccessAdvice.user) may not create or replace it. "
          + AccessAdvice.sentence(for: folder, .writing))
    default: return .notListening(.file(path), code)
    }
  }

  private static func id(of group: String, _ path: String) throws(SinkError) -> gid_t {
    guard let entry = getgrnam(group) else {
      throw SinkError(
        .stop, code: "state-group",
        "\(path) cannot be given to state-group: this machine has no group \(group). Create it "
          + "(groupadd \(group)), or name another.")
    }
    return entry.pointee.gr_gid
  }

  private static func parent(of path: String) -> String {
    path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
  }

  /// - Precondition: `path` has at most `FeedAddress.pathBytesMax` bytes.
  private static func withAddress<R>(
    _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> R
  ) -> R {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { bytes in
      precondition(path.utf8.count < bytes.count)
      bytes.copyBytes(from: path.utf8)
    }
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }
}
