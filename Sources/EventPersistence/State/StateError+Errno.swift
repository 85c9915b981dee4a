internal import Foundation
package import SystemPackage

extension StateError {
  /// The message for a person about a read of `path` that failed with `code`.
  package static func reading(_ path: String, _ code: Errno) -> StateError {
    StateError(.unreadable, "\(path) cannot be read: \(reason(code)).\(wayIn(to: path, code))")
  }

  /// The message for a person about a write of `path` that failed with `code`.
  package static func writing(_ path: String, _ code: Errno) -> StateError {
    StateError(
      .notWritable, "\(path) cannot be written: \(reason(code)).\(wayIn(to: path, code))")
  }

  private static func reason(_ code: Errno) -> String { code.description.lowercased() }

  /// Which group to join, or which user to run as, for a path that is closed to this user.
  private static func wayIn(to path: String, _ code: Errno) -> String {
    switch code {
    case .permissionDenied, .notPermitted: break
    case .readOnlyFileSystem: return " Name another state-dir in the configuration."
    case .noSpace, .diskQuotaExceeded: return " Make room on that disk."
    case .isDirectory, .tooManySymbolicLinkLevels, .noSuchAddressOrDevice: return " Move it aside."
    default: return ""
    }
    // The nearest part of the path that can be examined is closed itself, or contains the closed
    // one.
    var closed = path
    var status = stat()
    while stat(closed, &status) != 0, closed != "/" { closed = AtomicFile.parent(of: closed) }
    let owner = getpwuid(status.st_uid).map { String(cString: $0.pointee.pw_name) }
    let group = getgrgid(status.st_gid).map { String(cString: $0.pointee.gr_name) }
    let user = getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) } ?? "\(geteuid())"
    let ownerName = owner ?? "\(status.st_uid)"
    let whose =
      " \(closed) belongs to \(ownerName):\(group ?? "\(status.st_gid)"), "
      + "mode \(String(status.st_mode & 0o7777, radix: 8))."
    if let group, status.st_mode & 0o050 == 0o050 {
      return whose + " Join that group, and log in again: sudo usermod -aG \(group) \(user)"
    }
    return whose + " Run as its owner (sudo -u \(ownerName) hydra-sinks …), or set state-group in "
      + "the driver's configuration and join that group."
  }
}
