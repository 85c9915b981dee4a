internal import EventPersistence
import Foundation

/// What to do if a path may not be read.
enum Permission {
  /// A message that this user may not read `path`, with the commands that would help.
  ///
  /// - Parameter folder: where to give the permission; nil: on `path` itself. A database's
  ///   companions come and go, and take the permissions of their folder.
  static func sentence(path: String, grantedOn folder: String? = nil) -> String {
    let me = userName(geteuid()) ?? "uid \(geteuid())"
    // The deepest folder that can be examined: its owner is the user to run as.
    var seen = path
    var status = stat()
    while stat(seen, &status) != 0, seen.count > 1 {
      seen = (seen as NSString).deletingLastPathComponent
      if seen.isEmpty { seen = "." }
    }
    if status.st_mode & S_IFMT != S_IFDIR {
      // The folder, so that the files of the next rotation may be read as well.
      seen = (seen as NSString).deletingLastPathComponent
      if seen.isEmpty { seen = "." }
    }
    let owner = userName(status.st_uid) ?? "#\(status.st_uid)"
    return "\(path) cannot be read by \(me). Let the owner grant it: "
      + "\(AccessAdvice.grant(.reading, on: folder ?? seen)); or run this as its owner: "
      + "\(AccessAdvice.running(as: owner))"
  }

  private static func userName(_ id: uid_t) -> String? {
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var text = [CChar](repeating: 0, count: 4096)
    guard getpwuid_r(id, &entry, &text, text.count, &found) == 0, found != nil else { return nil }
    return String(cString: entry.pw_name)
  }
}
