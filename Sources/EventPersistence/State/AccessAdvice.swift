internal import Foundation

/// What lets this user use a path that is closed to them: only commands that are right for that
/// path, and that this machine has.
package enum AccessAdvice {
  package enum Need: Sendable {
    case reading, writing

    fileprivate var rights: String { self == .reading ? "rX" : "rwX" }
    fileprivate var verb: String { self == .reading ? "read" : "write" }
  }

  /// Whose the closed part of `path` is, what this user needs there, and the commands that give it.
  ///
  /// - Parameter isState: it is the state's, whose files are their owner's or their group's alone,
  ///   whatever an access list says.
  package static func sentence(for path: String, _ need: Need, isState: Bool = false) -> String {
    let (closed, next) = nearest(to: path)
    var status = stat()
    let isMissing = stat(next, &status) != 0 && errno == ENOENT
    guard stat(closed, &status) == 0 else { return "" }
    if status.st_uid == geteuid(), let advice = ownerAdvice(closed, status.st_mode, need) {
      return advice
    }
    let owner = getpwuid(status.st_uid).map { String(cString: $0.pointee.pw_name) }
    let group = getgrgid(status.st_gid).map { String(cString: $0.pointee.gr_name) }
    let mode = status.st_mode & 0o7777
    let whose =
      "\(closed) belongs to \(owner ?? "\(status.st_uid)"):\(group ?? "\(status.st_gid)"), "
      + "mode \(String(mode, radix: 8)); the user \"\(user)\" needs to \(need.verb) there."
    // Only a state directory that `state-group` shares has this mode: to join any other group, a
    // system group above all, would give away far more than the folder.
    if let group, status.st_gid != 0, mode == StateAccess.sharedFolderMode {
      return "\(whose) Join its group, and log in again: "
        + asRoot("usermod -aG \(group) \(user)")
    }
    if isMissing, need == .writing, closed != path {
      return "\(whose) Make the folder for \(user): "
        + asRoot("install -d -o \(user) -m 700 \(quoted(next))")
        + ", or name another one."
    }
    let isOwnFolder = closed == path || closed == AtomicFile.parent(of: path)
    return "\(whose) "
      + ways(
        to: closed, need, owner: status.st_uid == 0 && !isState ? nil : owner,
        isOwnFolder: isOwnFolder, isState: isState)
  }

  /// What its owner does about a path whose mode denies it to them; nil if the mode does not.
  static func ownerAdvice(_ path: String, _ mode: mode_t, _ need: Need) -> String? {
    let isFolder = mode & S_IFMT == S_IFDIR
    let needed: mode_t = (need == .reading ? 0o400 : 0o600) | (isFolder ? 0o100 : 0)
    guard mode & needed != needed else { return nil }
    return "\(path) is your own (\(user)'s), but its mode is \(String(mode & 0o7777, radix: 8)): "
      + "chmod u+\(need.rights) \(quoted(path))."
  }

  /// The nearest part of a path that can be examined, which is closed itself or contains the closed
  /// one, and the part below it.
  private static func nearest(to path: String) -> (closed: String, next: String) {
    var (closed, next) = (path, path)
    var status = stat()
    while stat(closed, &status) != 0, closed != "/", closed != "." {
      next = closed
      closed = AtomicFile.parent(of: closed)
    }
    return (closed, next)
  }

  /// The folder on which the permission to use `path` is given, and whose `path` is. The folder
  /// rather than a file in it, so that the files of the next rotation can be used as well.
  package static func folder(of path: String) -> (path: String, owner: String) {
    let closed = nearest(to: path).closed
    var status = stat()
    stat(closed, &status)
    let owner = getpwuid(status.st_uid).map { String(cString: $0.pointee.pw_name) }
    let isFolder = status.st_mode & S_IFMT == S_IFDIR
    return (isFolder ? closed : AtomicFile.parent(of: closed), owner ?? "#\(status.st_uid)")
  }

  private static func ways(
    to closed: String, _ need: Need, owner: String?, isOwnFolder: Bool, isState: Bool
  ) -> String {
    var ways: [String] = []
    if isOwnFolder {
      if !isState { ways.append("grant it: \(grant(need, on: closed))") }
      if need == .writing {
        ways.append("make it \(user)'s: " + asRoot("chown -R \(user) \(quoted(closed))"))
      }
    }
    if let owner { ways.append("run as its owner: \(running(as: owner))") }
    if !isOwnFolder { ways.append("name a folder elsewhere") }
    if isState {
      ways.append("share it: set state-group in the configuration, and restart the driver")
    }
    let sentence = ways.joined(separator: "; or ")
    return sentence.prefix(1).uppercased() + sentence.dropFirst() + "."
  }

  /// The command that gives this user the rights on `path`, and on what is made in it later.
  package static func grant(_ need: Need, on path: String) -> String {
    let rights = "u:\(user):\(need.rights)"
    let command = asRoot("setfacl -R -m \(rights),d:\(rights) \(quoted(path))")
    return has("setfacl") ? command : "\(command), which the package acl has (apt install acl)"
  }

  /// How to run hydra-sinks as another user.
  package static func running(as owner: String) -> String {
    has("sudo") ? "sudo -u \(owner) hydra-sinks …" : "runuser -u \(owner) -- hydra-sinks …"
  }

  /// This user's name, or their id if it has none.
  package static var user: String {
    getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) } ?? "\(geteuid())"
  }

  /// `text` as one word of a shell.
  package static func quoted(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF)
        || "-_./:=,@%+".utf8.contains(byte)
    }
    return isPlain && !text.isEmpty ? text : "'" + text.replacing("'", with: "'\\''") + "'"
  }

  private static func asRoot(_ command: String) -> String {
    has("sudo") ? "sudo \(command)" : "\(command) (as root)"
  }

  private static func has(_ tool: String) -> Bool {
    ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin"].contains {
      access("\($0)/\(tool)", X_OK) == 0
    }
  }
}
