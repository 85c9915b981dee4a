internal import Foundation

/// The file system as another process sees it, by the kernel's links to its root and its working
/// directory (proc(5)).
///
/// A process in a container, or in a mount namespace of its own, has other files than this one under
/// the same path. What it calls `path` is `/proc/PID/root/path` here, for its user and for root.
struct ProcessFiles {
  /// `/proc/PID`.
  let folder: String

  /// Its working directory, by a path of this process; nil if the kernel does not show it.
  var workingDirectory: String? {
    link("cwd").map { reachable($0, original: "\(folder)/cwd") }
  }

  /// The path here of what the process calls `path`; nil if that is relative and `base`, a path here,
  /// is nil.
  func path(_ path: String, in base: String?) -> String? {
    guard path.hasPrefix("/") else { return base.map { FilePaths.absolute(path, in: $0) } }
    let path = FilePaths.absolute(path)
    return reachable(path, original: "\(folder)/root\(path)")
  }

  /// The plainest path here that leads to `original`: the same, else below the process's root, which is
  /// a folder of this file system after chroot(2), else `original`'s own, which ends with the process.
  private func reachable(_ path: String, original: String) -> String {
    let root = "\(folder)/root"
    guard let identity = FilePaths.identity(original) else {
      // Not there yet, or not shown to this user.
      let isElsewhere = FilePaths.identity(root).map { $0 != FilePaths.identity("/") } ?? false
      return isElsewhere ? root + path : path
    }
    let candidates = [path, FilePaths.absolute((link("root") ?? "") + path), root + path]
    return candidates.first { FilePaths.identity($0) == identity } ?? path
  }

  private func link(_ name: String) -> String? {
    try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(name)")
  }
}
