internal import Foundation
package import SystemPackage

extension StateError {
  /// The message for a person about a read of `path` that failed with `code`.
  package static func reading(_ path: String, _ code: Errno) -> StateError {
    StateError(
      .unreadable, "\(path) cannot be read: \(reason(code)).\(wayIn(to: path, .reading, code))")
  }

  /// The message for a person about a write of `path` that failed with `code`.
  package static func writing(_ path: String, _ code: Errno) -> StateError {
    StateError(
      .notWritable, "\(path) cannot be written: \(reason(code)).\(wayIn(to: path, .writing, code))")
  }

  private static func reason(_ code: Errno) -> String { code.description.lowercased() }

  /// What to do about it.
  private static func wayIn(
    to path: String, _ need: AccessAdvice.Need, _ code: Errno
  ) -> String {
    switch code {
    case .permissionDenied, .notPermitted: break
    case .readOnlyFileSystem: return " Name another state-dir in the configuration."
    case .noSpace, .diskQuotaExceeded: return " Make room on that disk."
    case .isDirectory, .tooManySymbolicLinkLevels, .noSuchAddressOrDevice: return " Move it aside."
    default: return ""
    }
    return " " + AccessAdvice.sentence(for: path, need, isState: true)
  }
}
