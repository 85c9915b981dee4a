internal import Foundation
package import SystemPackage

/// Who may read and write what is created: its owner only, or a group as well.
///
/// Root creates everything as the owner of the enclosing folder, so that an operator's `sudo`
/// leaves no file that the service cannot use.
package struct StateAccess: Sendable, Hashable {
  var group: String?

  private var fileMode: mode_t { group == nil ? 0o600 : 0o660 }
  private var folderMode: mode_t { group == nil ? 0o700 : 0o2770 }

  /// Opens `path`, a regular file, creating it if it does not exist, and its folder too.
  package func create(
    _ path: String, _ mode: FileDescriptor.AccessMode, options: FileDescriptor.OpenOptions = []
  ) throws(StateError) -> OpenFile {
    func open() throws(Errno) -> OpenFile {
      try OpenFile(
        path, mode, options: options.union(.create),
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
    do throws(Errno) { folder = try OpenFile(path, options: .directory) } catch {
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

  private func groupId() throws(StateError) -> gid_t? {
    guard let group else { return nil }
    guard let entry = getgrnam(group) else {
      throw StateError(
        .misplaced,
        "state-group names \(group), which is not a group on this machine. "
          + "Create it (groupadd \(group)) or name another.")
    }
    return entry.pointee.gr_gid
  }

  private func groupRefused(_ path: String, _ code: Errno) -> StateError {
    StateError(
      .notWritable,
      "\(path) cannot be given to the group \(group ?? "?"): \(code). "
        + "The driver's user must be a member of it.")
  }
}
