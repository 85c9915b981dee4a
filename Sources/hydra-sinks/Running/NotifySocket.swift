import Foundation

/// Where a service manager wants to be told how a service is: `NOTIFY_SOCKET`, as systemd sets it.
///
/// <https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html>
struct NotifySocket: Sendable {
  private let path: String

  /// Nil if no service manager asks.
  init?(environment: [String: String]) {
    guard let path = environment["NOTIFY_SOCKET"], path.first == "/" || path.first == "@",
      path.utf8.count < Self.pathBytesMax
    else { return nil }
    self.path = path
  }

  private static let pathBytesMax = MemoryLayout.size(ofValue: sockaddr_un().sun_path)

  /// Sends `KEY=VALUE` lines. A manager that is gone misses them.
  func send(_ lines: String...) {
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    // The name of an abstract socket begins with a zero, and has no other.
    if path.first == "@" { address.sun_path.0 = 0 }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + path.utf8.count)
    let text = Array(lines.joined(separator: "\n").utf8)
    _ = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        sendto(descriptor, text, text.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT), $0, length)
      }
    }
  }
}
