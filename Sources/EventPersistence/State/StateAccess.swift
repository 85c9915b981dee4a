internal import Foundation
package import SystemPackage

/// Who may read and write what is created: its owner only, or a group as well.
///
/// Root creates everything as the owner of the enclosing folder, so that an operator's `sudo`
/// leaves no file that the service cannot use. So nothing below `root` may lead elsewhere: root would
/// give away what a link points at.
package struct StateAccess: Sendable, Hashable {
  var group: String?
  /// The state directory; nil for a file of a sink's own, whose folder others may share.
  var root: String?

  /// The mode of a folder that the group shares, and of no other.
  static let sharedFolderMode: mode_t = 0o2770

  var fileMode: mode_t { group == nil ? 0o600 : 0o660 }
  private var folderMode: mode_t { group == nil ? 0o700 : Self.sharedFolderMode }

  /// Opens `path`, a regular file, creating it if it does not exist, and its folder too.
  package func create(
    _ path: String, _ mode: FileDescriptor.AccessMode, options: FileDescriptor.OpenOptions = []
  ) throws(StateError) -> OpenFile {
    try check(path)
    func open() throws(Errno) -> OpenFile {
      try OpenFile(
        path, mode, options: options.union([.create, .noFollow]),
        permissions: FilePermissions(rawValue: fileMode))
    }
    let file: OpenFile
    do throws(Errno) { file = try open() } catch {
      guard error == .noSuchFileOrDirectory else { throw .writing(path, error) }
      try createFolder(AtomicFile.parent(of: path))
      do throws(Errno) { file = try open() } catch { throw .writing(path, error) }
    }
    try own(file, path: path)
    return file
  }

  /// Creates `path` and its missing parents.
  func createFolder(_ path: String) throws(StateError) {
    try check(path)
    var made = mkdir(path, folderMode)
    if made != 0, errno == ENOENT, AtomicFile.parent(of: path) != path {
      try createFolder(AtomicFile.parent(of: path))
      // Only one retry: if /proc allows no folder, it reports an existing one as missing.
      made = mkdir(path, folderMode)
    }
    if made != 0 {
      switch errno {
      case EEXIST:
        guard try status(of: path).type == .directory else {
          throw .writing(path, .notDirectory)
        }
        return
      default: throw .writing(path, .last)
      }
    }
    let folder: OpenFile
    do throws(Errno) { folder = try OpenFile(path, options: [.directory, .noFollow]) } catch {
      throw .writing(path, error)
    }
    let parent = try status(of: AtomicFile.parent(of: path))
    let groupId = try groupId()
    if geteuid() == 0 || groupId != nil {
      let owner = geteuid() == 0 ? parent.userID.rawValue : uid_t.max
      let group = groupId ?? (geteuid() == 0 ? parent.groupID.rawValue : gid_t.max)
      guard fchown(folder.descriptor.rawValue, owner, group) == 0 else {
        throw groupRefused(path, .last)
      }
    }
    // The creation mask may have removed bits, and chown clears the setgid bit.
    guard fchmod(folder.descriptor.rawValue, folderMode) == 0 else { throw .writing(path, .last) }
    try AtomicFile.syncFolder(of: path)
  }

  /// Refuses a link at `path` or above it, up to the state directory, which may be one itself; and,
  /// unless a group shares the state, folders of another user, who could replace what is in them.
  func check(_ path: String) throws(StateError) {
    guard let root else { return }
    var path = path
    while path.hasPrefix(root) {
      if let status = try? Stat(path, followTargetSymlink: path == root) {
        guard status.type != .symbolicLink else {
          throw StateError(
            .notWritable,
            "\(path) is a symbolic link, and within the state directory hydra-sinks writes through "
              + "none. Move it aside.")
        }
        let isTrusted = [0, geteuid()].contains(status.userID.rawValue)
        guard isTrusted || group != nil || geteuid() == 0 || status.type != .directory else {
          throw StateError(
            .notWritable,
            "\(path) belongs to \(Self.name(of: status)), who could replace what is in it. Run as "
              + "that user, or set state-group in the configuration.")
        }
      }
      if path == root { return }
      path = AtomicFile.parent(of: path)
    }
  }

  private static func name(of status: Stat) -> String {
    let id = status.userID.rawValue
    return getpwuid(id).map { String(cString: $0.pointee.pw_name) } ?? "user \(id)"
  }

  /// Gives that group a folder that was made before `group` was configured.
  func adoptFolder(_ path: String) throws(StateError) {
    guard let groupId = try groupId() else { return }
    let status = try status(of: path)
    let hasMode = status.permissions.rawValue & 0o7777 == folderMode
    guard status.groupID.rawValue != groupId || !hasMode else { return }
    guard status.userID.rawValue == geteuid() || geteuid() == 0 else { return }
    guard chown(path, uid_t.max, groupId) == 0 else { throw groupRefused(path, .last) }
    guard chmod(path, folderMode) == 0 else { throw .writing(path, .last) }
  }

  private func own(_ file: OpenFile, path: String) throws(StateError) {
    let status = try AtomicFile.regularStatus(of: file, path)
    let descriptor = file.descriptor.rawValue
    if geteuid() == 0 {
      let folder = try self.status(of: AtomicFile.parent(of: path))
      if status.userID != folder.userID || status.groupID != folder.groupID {
        guard fchown(descriptor, folder.userID.rawValue, folder.groupID.rawValue) == 0 else {
          throw .writing(path, .last)
        }
      }
    }
    guard status.permissions.rawValue & 0o777 != fileMode else { return }
    // Another member of the group made the file, and only they may set its mode.
    guard status.userID.rawValue == geteuid() || geteuid() == 0 else { return }
    guard fchmod(descriptor, fileMode) == 0 else { throw .writing(path, .last) }
  }

  private func status(of path: String) throws(StateError) -> Stat {
    do throws(Errno) { return try Stat(path) } catch { throw .writing(path, error) }
  }

  func groupId() throws(StateError) -> gid_t? {
    guard let group else { return nil }
    guard let entry = getgrnam(group) else {
      throw StateError(
        .misplaced,
        "state-group names \(group), which is not a group on this machine. "
          + "Create it (groupadd \(group)) or name another.")
    }
    return entry.pointee.gr_gid
  }

  func groupRefused(_ path: String, _ code: Errno) -> StateError {
    StateError(
      .notWritable,
      "\(path) cannot be given to the group \(group ?? "?"): \(code). "
        + "The driver's user must be a member of it.")
  }
}
