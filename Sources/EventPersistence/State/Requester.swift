internal import Foundation

/// The user who asked for something: `user@host`, as in the journals.
public enum Requester {
  /// The user of this process, or the one who became this user by `sudo`.
  public static func current(environment: [String: String]) -> String {
    let sudo = environment["SUDO_USER"].flatMap { $0.isEmpty ? nil : $0 }
    return "\(sudo ?? userName(geteuid()))@\(host)"
  }

  /// The owner of a request that names no user; nil if the file is gone.
  static func owner(of path: String) -> String? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    return "\(userName(status.st_uid))@\(host)"
  }

  /// This machine's name, as in `driver.json` and the journals.
  public static var host: String {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "localhost" }
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func userName(_ user: uid_t) -> String {
    getpwuid(user).map { String(cString: $0.pointee.pw_name) } ?? "\(user)"
  }
}
