internal import Foundation

/// Who may read and write what is created: its owner alone, or a group as well.
///
/// Root creates everything as the owner of the folder that it goes into, so that an operator's `sudo`
/// leaves nothing that the service cannot touch.
package struct StateAccess: Sendable, Hashable {
  var group: String?

  private var fileMode: mode_t { group == nil ? 0o600 : 0o660 }
  private var folderMode: mode_t { group == nil ? 0o700 : 0o2770 }

  /// Opens `path`, creating it where it is not there; its folder too, if that is missing.
  package func create(_ path: String, flags: Int32) throws(StateError) -> Int32 {
    let all = flags | O_CREAT | O_CLOEXEC
    var descriptor = open(path, all, fileMode)
    if descriptor < 0, errno == ENOENT {
      try createFolder(AtomicFile.parent(of: path))
      descriptor = open(path, all, fileMode)
    }
    guard descriptor >= 0 else { throw .writing(path, errno) }
    do throws(StateError) {
      try own(descriptor, path: path)
    } catch {
      close(descriptor)
      throw error
    }
    return descriptor
  }

  /// Creates `path` and what is missing above it.
  func createFolder(_ path: String) throws(StateError) {
    var made = mkdir(path, folderMode)
    if made != 0, errno == ENOENT, AtomicFile.parent(of: path) != path {
      try createFolder(AtomicFile.parent(of: path))
      // Once more and not again: where /proc takes no folder, it says that what is there is missing.
      made = mkdir(path, folderMode)
    }
    if made != 0 {
      switch errno {
      case EEXIST:
        var status = stat()
        guard stat(path, &status) == 0 else { throw .writing(path, errno) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw .writing(path, ENOTDIR) }
        return
      default: throw .writing(path, errno)
      }
    }
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .writing(path, errno) }
    defer { close(descriptor) }
    let parent = try folderStatus(of: path)
    let groupId = try groupId()
    if geteuid() == 0 || groupId != nil {
      let owner = geteuid() == 0 ? parent.st_uid : uid_t.max
      let group = groupId ?? (geteuid() == 0 ? parent.st_gid : gid_t.max)
      guard fchown(descriptor, owner, group) == 0 else { throw groupRefused(path, errno) }
    }
    // The creation mask may have taken bits away, and chown takes the setgid bit.
    guard fchmod(descriptor, folderMode) == 0 else { throw .writing(path, errno) }
    try AtomicFile.syncFolder(of: path)
  }

  /// Gives a folder that was made before `group` was configured to that group.
  func adoptFolder(_ path: String) throws(StateError) {
    guard let groupId = try groupId() else { return }
    var status = stat()
    guard stat(path, &status) == 0 else { throw .writing(path, errno) }
    guard status.st_gid != groupId || status.st_mode & 0o7777 != folderMode else { return }
    guard status.st_uid == geteuid() || geteuid() == 0 else { return }
    guard chown(path, uid_t.max, groupId) == 0 else { throw groupRefused(path, errno) }
    guard chmod(path, folderMode) == 0 else { throw .writing(path, errno) }
  }

  private func own(_ descriptor: Int32, path: String) throws(StateError) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .writing(path, errno) }
    if geteuid() == 0 {
      let folder = try folderStatus(of: path)
      if status.st_uid != folder.st_uid || status.st_gid != folder.st_gid {
        guard fchown(descriptor, folder.st_uid, folder.st_gid) == 0 else {
          throw .writing(path, errno)
        }
      }
    }
    guard status.st_mode & 0o777 != fileMode else { return }
    // Of a file that another member of the group made, the mode is theirs to set.
    guard status.st_uid == geteuid() || geteuid() == 0 else { return }
    guard fchmod(descriptor, fileMode) == 0 else { throw .writing(path, errno) }
  }

  private func folderStatus(of path: String) throws(StateError) -> stat {
    let folder = AtomicFile.parent(of: path)
    var status = stat()
    guard stat(folder, &status) == 0 else { throw .writing(folder, errno) }
    return status
  }

  private func groupId() throws(StateError) -> gid_t? {
    guard let group else { return nil }
    guard let entry = getgrnam(group) else {
      throw StateError(
        .misplaced,
        "state-group names \(group), which is no group of this machine. "
          + "Create it (groupadd \(group)) or name another.")
    }
    return entry.pointee.gr_gid
  }

  private func groupRefused(_ path: String, _ code: Int32) -> StateError {
    StateError(
      .notWritable,
      "\(path) cannot be given to the group \(group ?? "?"): \(String(cString: strerror(code))). "
        + "Whoever drives must be a member of it.")
  }
}
