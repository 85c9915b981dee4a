internal import Foundation
internal import SystemPackage

// Sharing the state with the members of `state-group`, also what was made before it was configured.
extension StateDirectory {
  /// The state directory of all nodes.
  private var top: String { node == nil ? path : AtomicFile.parent(of: path) }

  /// The files beside the secondaries' folders.
  private var sharedFiles: [String] { [primaryPath, noticesPath, noticesLockPath] }

  /// Gives the folders above the secondaries' own to the group.
  func share() throws(StateError) {
    guard group != nil else { return }
    for folder in Set([top, path]) { try access.adoptFolder(folder) }
    for file in sharedFiles { try access.adoptFile(file) }
  }

  /// The paths that the members of the group cannot use, each with the reason; empty if no group is
  /// configured.
  package func closedToGroup() throws(StateError) -> [String] {
    guard let groupId = try access.groupId() else { return [] }
    var closed: [String] = []
    var parent = top
    while parent != "/" {
      parent = AtomicFile.parent(of: parent)
      if let status = try? Stat(parent), !status.lets(groupId, 0o1) {
        closed.append("\(parent), which its members may not enter")
      }
    }
    var paths = top == path ? [path] : [top, path]
    paths += sharedFiles
    for name in try folderNames() {
      let folder = folder(name)
      paths.append(folder.path)
      let files: [String]
      do throws(Errno) { files = try FolderListing.names(in: folder.path) } catch {
        throw .reading(folder.path, error)
      }
      paths += files.filter { !$0.hasPrefix(".") }.sorted().map(folder.file)
    }
    for path in paths {
      guard let status = try? Stat(path, followTargetSymlink: false) else { continue }
      if !status.lets(groupId, status.type == .directory ? 0o7 : 0o6) { closed.append(path) }
    }
    return closed
  }
}

extension StateAccess {
  /// Gives the group a file that was made before `group` was configured. One of another user stays:
  /// only they may change it.
  func adoptFile(_ path: String) throws(StateError) {
    guard let groupId = try groupId() else { return }
    guard let found = try? Stat(path, followTargetSymlink: false), found.type == .regular,
      found.groupID.rawValue != groupId || found.permissions.rawValue & 0o777 != fileMode,
      found.userID.rawValue == geteuid() || geteuid() == 0
    else { return }
    let file: OpenFile
    do throws(Errno) { file = try OpenFile(path, options: .noFollow) } catch {
      throw .reading(path, error)
    }
    let descriptor = file.descriptor.rawValue
    guard fchown(descriptor, uid_t.max, groupId) == 0 else { throw groupRefused(path, .last) }
    guard fchmod(descriptor, fileMode) == 0 else { throw .writing(path, .last) }
  }
}

extension Stat {
  /// Whether members of the group have these rights (4 read, 2 write, 1 enter).
  fileprivate func lets(_ groupId: gid_t, _ rights: mode_t) -> Bool {
    let mode = mode_t(permissions.rawValue)
    return groupID.rawValue == groupId
      ? mode >> 3 & rights == rights : mode & rights == rights
  }
}
