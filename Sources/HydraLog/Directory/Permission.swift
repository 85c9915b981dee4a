import Foundation

/// What to do where a path may not be read.
enum Permission {
  /// That `path` may not be read by this user, and the lines that would help.
  ///
  /// - Parameter folder: where the right is to be given; with nil, on `path` itself. A database's companions
  ///   come and go, and take the rights of their folder.
  static func sentence(path: String, grantedOn folder: String? = nil) -> String {
    let me = userName(geteuid()) ?? "uid \(geteuid())"
    let account = userName(geteuid()) ?? "\(geteuid())"
    // The deepest folder that can be looked at: its owner is the one to run as.
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
    return "\(path) is there but may not be read by \(me): let the owner say "
      + "`setfacl -R -m u:\(account):rX,d:u:\(account):rX \(quoted(folder ?? seen))`, "
      + "or run this as its owner with `sudo -u \(owner) hydra-sinks …`."
  }

  private static func userName(_ id: uid_t) -> String? {
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var text = [CChar](repeating: 0, count: 4096)
    guard getpwuid_r(id, &entry, &text, text.count, &found) == 0, found != nil else { return nil }
    return String(cString: entry.pw_name)
  }

  private static func quoted(_ path: String) -> String {
    let isPlain = path.allSatisfy { $0.isLetter || $0.isNumber || "/._-+".contains($0) }
    return isPlain ? path : "'\(path.replacingOccurrences(of: "'", with: "'\\''"))'"
  }
}
