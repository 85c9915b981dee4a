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
  package static func canonical(_ path: String) -> String {
    var existing = absolute(path)
    var rest: [Substring] = []
    while existing != "/" {
      if let resolved = realpath(existing, nil) {
        defer { free(resolved) }
        return absolute(
          rest.reversed().joined(separator: "/"), in: String(cString: resolved))
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

  package static func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
}
