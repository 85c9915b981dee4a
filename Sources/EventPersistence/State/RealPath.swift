internal import Foundation

/// A path without symbolic links.
package enum RealPath {
  /// `path` with every link resolved, or nil and `errno` if it does not lead to anything.
  ///
  /// A path below `/proc/PID/root` stays as it is: the text of that link is a path in the mount namespace of the
  /// process, and leads elsewhere here.
  package static func of(_ path: String) -> String? {
    if isInAnotherRoot(path) { return access(path, F_OK) == 0 ? path : nil }
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(cString: real)
  }

  /// Whether `path` leads through the root of a process.
  package static func isInAnotherRoot(_ path: String) -> Bool {
    // The search alone takes as long as several looks at files.
    path.hasPrefix("/proc/") && path.prefixMatch(of: /\/proc\/[0-9]+\/root\//) != nil
  }
}
