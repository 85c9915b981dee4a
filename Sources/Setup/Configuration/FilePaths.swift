internal import EventPersistence
internal import Foundation

/// Paths as text: makes them absolute, and compares them.
package enum FilePaths {
  /// `path` made absolute from `folder` (the working directory by default), without `.`, `..`, double or
  /// trailing slashes. Symbolic links stay as they are.
  package static func absolute(_ path: String, in folder: String? = nil) -> String {
    let base = folder ?? FileManager.default.currentDirectoryPath
    let full = path.hasPrefix("/") ? path : "\(base)/\(path)"
    var parts: [Substring] = []
    for part in full.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }

  package static func parent(of path: String) -> String {
    absolute("..", in: path)
  }

  /// `path` with every symbolic link resolved, as far as it exists; what does not exist yet is appended.
  ///
  /// A path below `/proc/PID/root` stays as it is, like one of `RealPath`.
  package static func canonical(_ path: String) -> String {
    var existing = absolute(path)
    if RealPath.isInAnotherRoot(existing) { return existing }
    var rest: [Substring] = []
    while existing != "/" {
      if let resolved = RealPath.of(existing) {
        return absolute(rest.reversed().joined(separator: "/"), in: resolved)
      }
      rest.append(existing.split(separator: "/").last ?? "")
      existing = parent(of: existing)
    }
    return absolute(path)
  }

  /// Whether both paths name the same place.
  package static func same(_ left: String, _ right: String) -> Bool {
    canonical(left) == canonical(right)
  }

  /// Whether `path` is `folder` or is inside it.
  package static func lies(_ path: String, in folder: String) -> Bool {
    let inner = canonical(path)
    let outer = canonical(folder)
    return inner == outer || inner.hasPrefix(outer == "/" ? "/" : outer + "/")
  }

  /// Which file it is, whatever its path; nil if it is not there, or not shown to this user.
  static func identity(_ path: String) -> [UInt64]? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    return [UInt64(status.st_dev), UInt64(status.st_ino)]
  }

  package static func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
}
