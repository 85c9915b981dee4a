import EventPersistence
import Foundation
import Wording

/// The user whom a folder is given to.
struct FileOwner {
  private let name: String
  private let user: uid_t
  private let group: gid_t

  /// - Throws: a refusal if there is no such user, or if this process cannot give files to it.
  init(_ name: String) throws(Refusal) {
    guard let entry = getpwnam(name)?.pointee else {
      throw Refusal(.usage, "--owner: there is no user \"\(name)\" on this machine")
    }
    guard geteuid() == 0 || geteuid() == entry.pw_uid else {
      throw Refusal(
        .error,
        "--owner \(name): only root can give files to another user, and this is "
          + "\(AccessAdvice.user). Run the command as root, or as that user: "
          + AccessAdvice.running(as: name))
    }
    self.name = name
    user = entry.pw_uid
    group = entry.pw_gid
  }

  /// Gives `folder` and everything in it to the user and their group.
  func take(_ folder: String) throws(Refusal) {
    let inside = FileManager.default.subpaths(atPath: folder) ?? []
    // The folder last: until then only root gets in, if its mode says so.
    for path in inside.map({ "\(folder)/\($0)" }) + [folder] {
      guard lchown(path, user, group) == 0 else {
        let reason = String(cString: strerror(errno))
        throw Refusal(
          .error,
          "\(folder) is restored, but \(path) cannot be given to \(name): \(reason). Do it by hand: "
            + "chown -R \(AccessAdvice.quoted(name)) \(AccessAdvice.quoted(folder))")
      }
    }
  }
}
