internal import Foundation
package import SystemPackage

/// Who may read and write what is created: its owner alone, or a group as well.
///
/// Root creates everything as the owner of the folder that it goes into, so that an operator's `sudo`
/// leaves nothing that the service cannot touch.
package struct StateAccess: Sendable, Hashable {
  var group: String?

  private var fileMode: mode_t { group == nil ? 0o600 : 0o660 }
  private var folderMode: mode_t { group == nil ? 0o700 : 0o2770 }

  /// Opens `path`, creating it where it is not there; its folder too, if that is missing.
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
    // The creation mask may have taken bits away, and chown takes the setgid bit.
    guard fchmod(folder.descriptor.rawValue, folderMode) == 0 else { throw .writing(path, .last) }
    try AtomicFile.syncFolder(of: path)
  }

  /// Gives a folder that was made before `group` was configured to that group.
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
    let status: Stat
    do throws(Errno) { status = try file.status() } catch { throw .writing(path, error) }
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
    // Another member of the group made the file: its mode is theirs to set.
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
