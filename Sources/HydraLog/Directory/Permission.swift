internal import EventPersistence

/// What to do if a path may not be read.
enum Permission {
  /// A message that this user may not read `path`, with the commands that would help.
  ///
  /// - Parameter folder: where to give the permission; nil: on `path` itself. A database's
  ///   companions come and go, and take the permissions of their folder.
  static func sentence(path: String, grantedOn folder: String? = nil) -> String {
    let closed = AccessAdvice.folder(of: path)
    return "\(path) cannot be read by \(AccessAdvice.user). Let the owner grant it: "
      + "\(AccessAdvice.grant(.reading, on: folder ?? closed.path)); or run this as its owner: "
      + AccessAdvice.running(as: closed.owner)
  }
}
