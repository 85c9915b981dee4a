import EventPersistence
import Foundation
import NIOCore
import Testing

@testable import FeedSink

@Suite("Where a feed listens") struct ListeningSocketTests {
  private let folder: TestFolder
  private var path: String { folder.path + "/feed.sock" }

  init() throws { folder = try TestFolder() }

  private func mode(of path: String) -> mode_t? {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_mode : nil
  }

  /// What listening at `address` throws.
  private func failure(_ address: FeedAddress, group: String? = nil) throws -> SinkError {
    try #require(throws: SinkError.self) {
      let socket = try ListeningSocket.listen(at: address, sharedWith: group)
      close(socket.descriptor)
    }
  }

  /// This test, as the error of a rival names it.
  private var ownName: String { "(pid \(getpid())) listens there" }

  @Test("a socket file is its owner's alone, and is removed at the end")
  func file() throws {
    let socket = try ListeningSocket.listen(at: .file(path), sharedWith: nil)
    #expect(mode(of: path) == S_IFSOCK | 0o600)
    socket.file?.remove()
    #expect(mode(of: path) == nil)
    close(socket.descriptor)
  }

  @Test("a socket file is shared with a group")
  func group() throws {
    let own = String(cString: getgrgid(getegid()).pointee.gr_name)
    let socket = try ListeningSocket.listen(at: .file(path), sharedWith: own)
    #expect(mode(of: path) == S_IFSOCK | 0o660)
    socket.file?.remove()
    close(socket.descriptor)
    let unknown = try failure(.file(path), group: "no-such-group")
    #expect(unknown.remedy == .stop && unknown.message.contains("no-such-group"))
    #expect(mode(of: path) == nil)
  }

  @Test("a stale socket is replaced; one in use is not, and its process is named")
  func stale() throws {
    let first = try ListeningSocket.listen(at: .file(path), sharedWith: nil)
    let held = try failure(.file(path))
    #expect(held.remedy == .held && held.code == "socket in use")
    #expect(held.message.contains(ownName), "\(held.message)")
    #expect(throws: SinkError.self) { try ListeningSocket.probe(.file(path)) }
    // As when its process is killed.
    close(first.descriptor)
    #expect(mode(of: path) != nil)
    try ListeningSocket.probe(.file(path))
    let second = try ListeningSocket.listen(at: .file(path), sharedWith: nil)
    // The first one's file is gone: it leaves the second one's alone.
    first.file?.remove()
    #expect(mode(of: path) == S_IFSOCK | 0o600)
    second.file?.remove()
    close(second.descriptor)
  }

  @Test("what is no socket, and a folder that is not there, are left alone")
  func inTheWay() throws {
    try Data("text".utf8).write(to: URL(fileURLWithPath: path))
    let error = try failure(.file(path))
    #expect(error.remedy == .stop && error.message.contains("is in the way"))
    #expect(FileManager.default.contents(atPath: path) == Data("text".utf8))
    #expect(throws: SinkError.self) { try ListeningSocket.probe(.file(path)) }
    for place in [folder.path + "/none/feed.sock", path + "/feed.sock"] {
      let missing = try failure(.file(place))
      #expect(missing.remedy == .stop && missing.message.contains("is not a folder"))
      #expect(throws: SinkError.self) { try ListeningSocket.probe(.file(place)) }
    }
  }

  @Test("while another process opens a socket in that folder, it waits")
  func locked() throws {
    let descriptor = open(folder.path, O_RDONLY | O_DIRECTORY)
    defer { close(descriptor) }
    flock(descriptor, LOCK_EX)
    #expect(try failure(.file(path)).remedy == .held)
  }

  @Test("the process that has a port is named", arguments: ["127.0.0.1", "::1", "0.0.0.0", "::"])
  func port(host: String) throws {
    let socket = try ListeningSocket.listen(
      at: FeedAddress(host: host, port: 0), sharedWith: nil)
    defer { close(socket.descriptor) }
    var storage = sockaddr_storage()
    var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
    withUnsafeMutablePointer(to: &storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = getsockname(socket.descriptor, $0, &size)
      }
    }
    // In both families, the port follows the family.
    let port = withUnsafeBytes(of: storage) {
      Int(UInt16(bigEndian: $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
    }
    let address = FeedAddress(host: host, port: port)
    let error = try failure(address)
    #expect(error.remedy == .held && error.code == "port in use")
    #expect(error.message.contains(ownName), "\(error.message)")
    let named = #expect(throws: SinkError.self) { try ListeningSocket.probe(address) }
    #expect(named?.message.contains(ownName) == true)
  }
}
