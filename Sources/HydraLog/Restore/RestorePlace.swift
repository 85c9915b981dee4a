import EventPersistence
import Foundation
import SystemPackage

/// The folder that a log is restored to, and the folder in which it is written until it is
/// complete: beside the place, or inside it if the place exists, which may be a mount point or in a
/// folder of another user.
struct RestorePlace {
  /// An absolute path.
  let directory: String
  private let isThere: Bool

  /// The name of the working folder inside an empty place.
  private static let hiddenName = ".restoring"

  var temporary: String {
    isThere ? "\(directory)/\(Self.hiddenName)" : "\(directory).restoring"
  }

  private var parent: String { (directory as NSString).deletingLastPathComponent }

  /// - Throws: if `directory` exists and is not an empty folder.
  init(_ directory: String) throws(RestoreError) {
    self.directory = directory
    let status: Stat
    do throws(Errno) { status = try Stat(directory, followTargetSymlink: false) } catch {
      guard error == .noSuchFileOrDirectory else { throw .writing(directory, error) }
      isThere = false
      return
    }
    guard status.type == .directory else {
      throw RestoreError(
        .refused, "\(directory) exists and is not a folder. Restore to another directory.")
    }
    isThere = true
    try checkEmpty()
  }

  private func checkEmpty(besides ours: String? = nil) throws(RestoreError) {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: directory) else {
      throw RestoreError(.refused, "\(directory) cannot be listed. Restore to another directory.")
    }
    if let log = names.sorted().first(where: { $0.hasPrefix("hydra.db") || Self.isLog($0) }) {
      throw RestoreError(
        .refused,
        "\(directory) holds a log (\(log)), which is never overwritten. Restore to another "
          + "directory.")
    }
    guard let other = names.filter({ $0 != ours }).min() else { return }
    if other == Self.hiddenName { throw isLeft }
    throw RestoreError(
      .refused,
      "\(directory) is not empty (it contains \(other)). Restore to an empty or new directory.")
  }

  private static func isLog(_ name: String) -> Bool {
    name == LogName.archiveFolder || LogName(name) != nil
  }

  private var isLeft: RestoreError {
    RestoreError(
      .refused,
      "\(temporary) exists: another restore is running, or one was interrupted. If none is "
        + "running, remove it (rm -r \(temporary)).")
  }

  // MARK: - Writing

  /// Makes the folder in which the log is written.
  ///
  /// - Parameter bytes: the least that will be written; nil if unknown.
  func begin(expecting bytes: UInt64?) throws(RestoreError) {
    guard mkdir(temporary, 0o755) == 0 else {
      switch Errno.last {
      case .fileExists: throw isLeft
      case .noSuchFileOrDirectory:
        throw RestoreError(
          .refused,
          "\(directory) cannot be created, because \(parent) does not exist. Create \(parent), or "
            + "restore to another directory.")
      case .permissionDenied where !isThere:
        throw RestoreError(
          .refused,
          "\(parent) is not writable. Create \(directory) for this user and restore into it, or "
            + "restore to another directory.")
      case let error: throw .writing(temporary, error)
      }
    }
    var system = statvfs()
    guard let bytes, statvfs(temporary, &system) == 0 else { return }
    let free = UInt64(system.f_bavail) * UInt64(system.f_frsize)
    guard free < bytes else { return }
    rmdir(temporary)
    throw RestoreError(
      .refused,
      "The file system of \(directory) has \(free) bytes free, but the archive needs at least "
        + "\(bytes). Free some space, or restore to another directory.")
  }

  /// Moves the log to its place; all of it would survive a crash of this machine.
  ///
  /// The live part is moved last: without it, no node starts from the folder.
  func finish() throws(RestoreError) {
    try RestoreError.synchronize(temporary)
    guard isThere else {
      guard rename(temporary, directory) == 0 else { throw .writing(directory, .last) }
      return try RestoreError.synchronize(parent)
    }
    try checkEmpty(besides: Self.hiddenName)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: temporary)) ?? []
    let live = names.filter { $0 == "state" || $0.hasPrefix("hydra.db") }
    var moved: [String] = []
    for name in names.filter({ !live.contains($0) }) + live {
      guard Self.move("\(temporary)/\(name)", "\(directory)/\(name)") else {
        let error = RestoreError.writing("\(directory)/\(name)", .last)
        for name in moved { try? FileManager.default.removeItem(atPath: "\(directory)/\(name)") }
        throw error
      }
      moved.append(name)
    }
    rmdir(temporary)
    try RestoreError.synchronize(directory)
  }

  /// Moves a file or a folder, but never onto a file: a node may have started in the place
  /// meanwhile.
  private static func move(_ file: String, _ place: String) -> Bool {
    if link(file, place) == 0 { return unlink(file) == 0 }
    // A folder cannot be linked; on some file systems, no file can.
    guard errno == EPERM || errno == EOPNOTSUPP || errno == EISDIR else { return false }
    return rename(file, place) == 0
  }

  /// Removes the log, and leaves the place as it was.
  func giveUp() {
    // This restore wrote all of it.
    try? FileManager.default.removeItem(atPath: temporary)
  }
}
