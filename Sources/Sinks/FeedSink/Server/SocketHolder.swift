internal import EventPersistence
internal import Foundation
internal import NIOCore

/// Who has a socket, as far as `/proc` shows it to this process.
enum SocketHolder: Equatable, Sendable {
  case process(Int32, name: String)
  /// The owner of a process that this one may not look into.
  case user(String)

  /// Who listens at a TCP address, or at one that excludes it; nil if that cannot be seen.
  ///
  /// Reads `/proc/net/tcp` and `tcp6`, then the open files of each process that this one may look
  /// into.
  static func listening(at address: SocketAddress) -> SocketHolder? {
    guard let port = address.port else { return nil }
    let own = hex(address)
    let listeners = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap { path in
      rows(of: path).filter { $0.port == port }
    }
    // An address of all interfaces excludes all others.
    let all: [Substring] = ["00000000", "00000000000000000000000000000000"]
    let rivals = listeners.filter { $0.address == own || all.contains($0.address) }
    guard let rival = rivals.first ?? (all.contains(own) ? listeners.first : nil) else {
      return nil
    }
    if let id = process(holding: rival.inode) { return process(id) }
    return .user(userName(rival.user))
  }

  /// A process with its name; only its number if that cannot be read.
  static func process(_ id: Int32) -> SocketHolder {
    let text = (try? String(contentsOfFile: "/proc/\(id)/comm", encoding: .utf8)) ?? ""
    let name = text.unicodeScalars.filter { (0x20..<0x7F).contains($0.value) }
    return .process(id, name: name.isEmpty ? "a process" : String(String.UnicodeScalarView(name)))
  }

  private static func userName(_ id: uid_t) -> String {
    getpwuid(id).map { String(cString: $0.pointee.pw_name) } ?? "\(id)"
  }

  // MARK: - /proc

  private struct Row {
    var address: Substring
    var port: Int
    var user: uid_t
    var inode: Substring
  }

  /// The sockets that listen. The format is that of proc(5): the local address and port in
  /// hexadecimal, the state 0A, the user's id, and the inode.
  private static func rows(of path: String) -> [Row] {
    guard let content = try? OpenFile(path).content(bytesMax: bytesMax) else { return [] }
    let text = String(decoding: content, as: UTF8.self)
    return text.split(separator: "\n").dropFirst().compactMap { line in
      let fields = line.split(separator: " ")
      guard fields.count > 9, fields[3] == "0A" else { return nil }
      let place = fields[1].split(separator: ":")
      guard place.count == 2, let port = Int(place[1], radix: 16), let user = uid_t(fields[7])
      else { return nil }
      return Row(address: place[0], port: port, user: user, inode: fields[9])
    }
  }

  /// A hundred thousand sockets have about 15 MB.
  private static let bytesMax = 16 << 20

  /// The address as `/proc` writes it: words of four bytes in this machine's order.
  private static func hex(_ address: SocketAddress) -> Substring {
    address.withSockAddr { pointer, size in
      let bytes = UnsafeRawBufferPointer(start: pointer, count: size)
      let place =
        pointer.pointee.sa_family == sa_family_t(AF_INET6)
        ? MemoryLayout<sockaddr_in6>.offset(of: \.sin6_addr)!..<24
        : MemoryLayout<sockaddr_in>.offset(of: \.sin_addr)!..<8
      return stride(from: place.lowerBound, to: place.upperBound, by: 4).map {
        String(format: "%08X", bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self))
      }.joined()[...]
    }
  }

  private static func process(holding inode: Substring) -> Int32? {
    let link = "socket:[\(inode)]"
    for id in names(in: "/proc").lazy.compactMap({ Int32($0) }) {
      let folder = "/proc/\(id)/fd"
      let holds = names(in: folder).contains { name in
        var target = [CChar](repeating: 0, count: 64)
        let count = readlink("\(folder)/\(name)", &target, target.count)
        return count == link.utf8.count
          && zip(target, link.utf8).allSatisfy { UInt8(bitPattern: $0) == $1 }
      }
      if holds { return id }
    }
    return nil
  }

  private static func names(in folder: String) -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
  }
}
