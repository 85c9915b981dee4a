import CFile
import EventPersistence
import Foundation
import SystemPackage

/// An open file whose failures are a sink's.
final class File {
  let path: String
  private let descriptor: FileDescriptor

  init(
    _ path: String, _ mode: FileDescriptor.AccessMode = .readOnly,
    _ options: FileDescriptor.OpenOptions = []
  ) throws(SinkError) {
    self.path = path
    descriptor = try SinkError.naming(path, "opened") {
      try FileDescriptor.open(
        path, mode, options: options.union(.closeOnExec),
        permissions: [.ownerReadWrite, .groupRead, .otherRead])
    }
  }

  /// Opens an existing file for writing.
  static func toWrite(_ path: String) throws(SinkError) -> File { try File(path, .writeOnly) }

  /// Creates a file at `path`, replacing any file there.
  static func new(_ path: String) throws(SinkError) -> File {
    try File(path, .writeOnly, [.create, .truncate])
  }

  deinit { try? descriptor.close() }

  private func status() throws(SinkError) -> Stat {
    try SinkError.naming(path, "examined") { try descriptor.stat() }
  }

  func byteCount() throws(SinkError) -> Int { Int(try status().size) }

  /// To the second.
  func lastChange() throws(SinkError) -> EventTime {
    EventTime(seconds: Int64(try status().st_mtim.tv_sec))
  }

  /// Reads from `offset` on until `buffer` is full or the file ends; returns the count.
  func read(
    into buffer: UnsafeMutableRawBufferPointer, from offset: Int = 0
  ) throws(SinkError) -> Int {
    try SinkError.naming(path, "read") {
      var count = 0
      while count < buffer.count {
        let more = try descriptor.read(
          fromAbsoluteOffset: Int64(offset + count),
          into: UnsafeMutableRawBufferPointer(rebasing: buffer[count...]))
        if more == 0 { break }
        count += more
      }
      return count
    }
  }

  /// `count` bytes from `offset` on, fewer if the file is shorter.
  func contents(_ count: Int, from offset: Int = 0) throws(SinkError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let result = bytes.withUnsafeMutableBytes { buffer in
      Result { () throws(SinkError) in try read(into: buffer, from: offset) }
    }
    bytes.removeLast(count - (try result.get()))
    return bytes
  }

  /// The whole file, in a memory region of its own that is returned as a whole: the heap would keep
  /// a region for each size.
  func contents() throws(SinkError) -> EventBuffer {
    let buffer = EventBuffer(capacity: try byteCount())
    buffer.fill(try read(into: buffer.free))
    return buffer
  }

  /// How much is handed to the disk at once.
  private static let pieceBytes = 1 << 20

  /// Writes `bytes`, of which the disk stores what comes first while the rest is copied: `sync` then has
  /// little to wait for.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int = 0) throws(SinkError) {
    try SinkError.naming(path, "written") {
      for start in stride(from: 0, to: bytes.count, by: Self.pieceBytes) {
        let end = min(start + Self.pieceBytes, bytes.count)
        _ = try descriptor.writeAll(
          toAbsoluteOffset: Int64(offset + start),
          UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
        // A hint: where the file system has no such thing, `sync` waits longer.
        guard end - start == Self.pieceBytes else { continue }
        _ = cfile_start_writing(descriptor.rawValue, off_t(offset + start), off_t(end - start))
      }
    }
  }

  func sync() throws(SinkError) {
    guard fsync(descriptor.rawValue) == 0 else { throw .file(path, "synchronized", errno) }
  }

  func truncate(to count: Int) throws(SinkError) {
    try SinkError.naming(path, "truncated") { try descriptor.resize(to: Int64(count)) }
  }

  /// Whether `path` still leads to this file.
  func isInPlace() -> Bool {
    guard let own = try? descriptor.stat(), let found = try? Stat(path) else {
      return false
    }
    return own.inode == found.inode && own.deviceID == found.deviceID
  }
}

extension SinkError {
  /// Runs `body`, a system call on the file at `path`; `verb` describes it if it fails.
  static func naming<R>(
    _ path: String, _ verb: String, _ body: () throws -> R
  ) throws(SinkError) -> R {
    do {
      return try body()
    } catch let code as Errno {
      throw .file(path, verb, code.rawValue)
    } catch {
      preconditionFailure("a system call fails with an errno, not with \(error)")
    }
  }

  /// The error of a system call on a file, with what to do about it.
  static func file(_ path: String, _ verb: String, _ code: Int32) -> SinkError {
    let reason = String(cString: strerror(code))
    let what = "\(path) could not be \(verb): \(reason)."
    return switch code {
    case ENOSPC, EDQUOT:
      SinkError(
        .retry, code: code == ENOSPC ? "ENOSPC" : "EDQUOT",
        "\(what) Make room; hydra-sinks tries again until there is some.")
    case EACCES, EPERM:
      SinkError(
        .stop, code: "EACCES",
        "\(what) \(AccessAdvice.sentence(for: path, .writing))")
    case EROFS:
      SinkError(.stop, code: "EROFS", "\(what) Mount it for writing.")
    case ENOTDIR:
      SinkError(.stop, code: "ENOTDIR", "\(what) A folder is expected there: choose another path.")
    case ENOENT:
      SinkError(.stop, code: "ENOENT", "\(what) Create it, or mount the missing file system.")
    case EIO:
      SinkError(.retry, code: "EIO", "\(what) The disk reports a failure: see `dmesg`.")
    default:
      SinkError(.retry, code: "errno \(code)", what)
    }
  }
}
