import EventPersistence
import Foundation

/// The right to store in an archive's folder.
enum ArchiveClaim {
  /// Refuses a path in the node's folder, and one in a folder that does not exist.
  static func checkPlace(_ options: FileSink.Options) throws(SinkError) {
    let path = options.path
    try refuse(path, inside: options.persistenceDirectory)
    guard try Folder.exists(path.folder) else {
      throw SinkError(
        .stop, code: "ENOENT",
        "\(path) cannot be created, because \(path.folder) does not exist. Create "
          + "\(path.folder), or mount the missing file system.")
    }
  }

  /// Refuses a path in the node's folder, where hydra-sinks must not write.
  private static func refuse(_ path: String, inside directory: String?) throws(SinkError) {
    guard let directory else { return }
    let node = real(directory)
    let own = real(path)
    guard own == node || own.hasPrefix(node + "/") else { return }
    throw SinkError(
      .stop, code: "misplaced",
      "\(path) lies in the node's persistence directory \(directory), where hydra-sinks must not "
        + "write. Choose another path.")
  }

  /// The path with links resolved, as far as it exists.
  private static func real(_ path: String) -> String {
    if let real = realpath(path, nil) {
      defer { free(real) }
      return String(cString: real)
    }
    guard path.contains("/"), path != "/" else { return real(".") + "/" + path }
    return real(path.folder) + path[path.lastIndex(of: "/")!...]
  }

  static func take(_ path: String) throws(SinkError) -> FolderLock {
    let lock: FolderLock?
    do throws(StateError) {
      lock = try FolderLock.take(path)
    } catch {
      throw SinkError(.stop, code: "lock", error.message)
    }
    guard let lock else { throw held(path) }
    return lock
  }

  static func held(_ path: String) -> SinkError {
    SinkError(
      .held, code: "held",
      "Another driver stores in \(path.folder) (it holds \(path)). This one waits until it "
        + "ends; to find it, use `fuser \(path)`.")
  }
}
