import Foundation

/// Where a log is restored to, and where it is written until it is whole: beside its place; or within it
/// where that is there, since it may be a mount point, or lie in a folder that is not ours to write in.
struct RestorePlace {
  /// An absolute path.
  let directory: String
  private let isThere: Bool

  /// In an empty folder, the name of the one that is written in.
  private static let hiddenName = ".restoring"

  var temporary: String {
    isThere ? "\(directory)/\(Self.hiddenName)" : "\(directory).restoring"
  }

  private var parent: String { (directory as NSString).deletingLastPathComponent }

  /// - Throws: where `directory` is anything but an empty folder, or nothing.
  init(_ directory: String) throws(RestoreError) {
    self.directory = directory
    var status = stat()
    guard lstat(directory, &status) == 0 else {
      guard errno == ENOENT else { throw .writing(directory, errno) }
      isThere = false
      return
    }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw RestoreError(.refused, "\(directory) is there and is not a folder: choose another one.")
    }
    isThere = true
    try checkEmpty()
  }

  private func checkEmpty(besides ours: String? = nil) throws(RestoreError) {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: directory) else {
      throw RestoreError(.refused, "\(directory) cannot be looked into: choose another one.")
    }
    if let log = names.sorted().first(where: { $0.hasPrefix("hydra.db") || Self.isLog($0) }) {
      throw RestoreError(
        .refused,
        "\(directory) holds a log (\(log)), which is never written over: choose another one.")
    }
    guard let other = names.filter({ $0 != ours }).min() else { return }
    if other == Self.hiddenName { throw isLeft }
    throw RestoreError(
      .refused, "\(directory) is not empty (\(other)): choose another one, or an empty one.")
  }

  private static func isLog(_ name: String) -> Bool {
    name == LogName.archiveFolder || LogName(name) != nil
  }

  private var isLeft: RestoreError {
    RestoreError(
      .refused,
      "\(temporary) is there: another restore is at work, or one was broken off. If none is, remove it "
        + "(rm -r \(temporary)).")
  }

  // MARK: - Writing

  /// Makes the folder that is written in.
  ///
  /// - Parameter bytes: so much is to be written at least; nil where nobody knows.
  func begin(expecting bytes: UInt64?) throws(RestoreError) {
    guard mkdir(temporary, 0o755) == 0 else {
      switch errno {
      case EEXIST: throw isLeft
      case ENOENT:
        throw RestoreError(
          .refused,
          "\(parent), in which it is to be made, is not there: make it, or choose another.")
      case EACCES where !isThere:
        throw RestoreError(
          .refused,
          "\(parent) may not be written in: have \(directory) made for this user, and it is restored "
            + "within, or choose another.")
      case let code: throw .writing(temporary, code)
      }
    }
    var system = statvfs()
    guard let bytes, statvfs(temporary, &system) == 0 else { return }
    let free = UInt64(system.f_bavail) * UInt64(system.f_frsize)
    guard free < bytes else { return }
    rmdir(temporary)
    throw RestoreError(
      .refused,
      "\(directory) has room for \(free) bytes, and the archive is \(bytes): free some, or choose another."
    )
  }

  /// Puts what was written in its place; all of it would survive a crash of this machine.
  ///
  /// The live part goes last: before that there is nothing that a node would start from.
  func finish() throws(RestoreError) {
    try Self.synchronise(temporary)
    guard isThere else {
      guard rename(temporary, directory) == 0 else { throw .writing(directory, errno) }
      return try Self.synchronise(parent)
    }
    try checkEmpty(besides: Self.hiddenName)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: temporary)) ?? []
    let live = names.filter { $0 == "state" || $0.hasPrefix("hydra.db") }
    var moved: [String] = []
    for name in names.filter({ !live.contains($0) }) + live {
      guard Self.move("\(temporary)/\(name)", "\(directory)/\(name)") else {
        let error = RestoreError.writing("\(directory)/\(name)", errno)
        for name in moved { try? FileManager.default.removeItem(atPath: "\(directory)/\(name)") }
        throw error
      }
      moved.append(name)
    }
    rmdir(temporary)
    try Self.synchronise(directory)
  }

  /// Moves a file or a folder, never over a file: a node may have been started meanwhile.
  private static func move(_ file: String, _ place: String) -> Bool {
    if link(file, place) == 0 { return unlink(file) == 0 }
    // Folders have no second name, nor has anything on some file systems.
    guard errno == EPERM || errno == EOPNOTSUPP || errno == EISDIR else { return false }
    return rename(file, place) == 0
  }

  /// Removes what was written, and leaves the place as it was.
  func giveUp() {
    // Ours, and nothing in it is worth keeping.
    try? FileManager.default.removeItem(atPath: temporary)
  }

  private static func synchronise(_ path: String) throws(RestoreError) {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .writing(path, errno) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw .writing(path, errno) }
  }
}
