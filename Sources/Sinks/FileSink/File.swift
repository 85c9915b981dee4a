import EventPersistence
import Foundation

/// An open file whose failures are a sink's.
final class File {
  let path: String
  private let descriptor: Int32

  init(_ path: String, _ flags: Int32, mode: mode_t = 0o644) throws(SinkError) {
    self.path = path
    descriptor = open(path, flags | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw .file(path, "opened", errno) }
  }

  deinit { close(descriptor) }

  func status() throws(SinkError) -> stat {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .file(path, "looked at", errno) }
    return status
  }

  /// Reads until `buffer` is full or the file ends; returns the count.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(SinkError) -> Int {
    var count = 0
    while count < buffer.count {
      let more = pread(
        descriptor, buffer.baseAddress! + count, buffer.count - count, off_t(offset + count))
      if more < 0, errno == EINTR { continue }
      guard more >= 0 else { throw .file(path, "read", errno) }
      if more == 0 { break }
      count += more
    }
    return count
  }

  /// The first `count` bytes, or as many as there are.
  func contents(_ count: Int) throws(SinkError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let result = bytes.withUnsafeMutableBytes { buffer in
      Result { () throws(SinkError) in try read(into: buffer, at: 0) }
    }
    bytes.removeLast(count - (try result.get()))
    return bytes
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(SinkError) {
    var count = 0
    while count < bytes.count {
      let more = pwrite(
        descriptor, bytes.baseAddress! + count, bytes.count - count, off_t(offset + count))
      if more < 0, errno == EINTR { continue }
      guard more > 0 else { throw .file(path, "written", more == 0 ? ENOSPC : errno) }
      count += more
    }
  }

  func sync() throws(SinkError) {
    guard fsync(descriptor) == 0 else { throw .file(path, "synchronised", errno) }
  }

  func truncate(to count: Int) throws(SinkError) {
    guard ftruncate(descriptor, off_t(count)) == 0 else { throw .file(path, "cut", errno) }
  }

  /// Whether `path` still leads to this file.
  func isInPlace() -> Bool {
    var mine = stat()
    var there = stat()
    return fstat(descriptor, &mine) == 0 && stat(path, &there) == 0
      && mine.st_ino == there.st_ino && mine.st_dev == there.st_dev
  }
}

/// Folders and names, with a sink's failures.
enum Folder {
  static func make(_ path: String) throws(SinkError) {
    guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw .file(path, "created", errno) }
    var status = stat()
    guard stat(path, &status) == 0 else { throw .file(path, "looked at", errno) }
    guard status.st_mode & S_IFMT == S_IFDIR else { throw .file(path, "used", ENOTDIR) }
  }

  static func names(in path: String) throws(SinkError) -> [String] {
    guard let folder = opendir(path) else { throw .file(path, "listed", errno) }
    defer { closedir(folder) }
    var names: [String] = []
    errno = 0
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
      errno = 0
    }
    guard errno == 0 else { throw .file(path, "listed", errno) }
    return names
  }

  static func sync(_ path: String) throws(SinkError) {
    try File(path, O_RDONLY | O_DIRECTORY).sync()
  }

  static func rename(_ from: String, _ to: String) throws(SinkError) {
    guard Foundation.rename(from, to) == 0 else { throw .file(from, "renamed to \(to)", errno) }
  }

  static func remove(_ path: String) throws(SinkError) {
    guard unlink(path) == 0 || errno == ENOENT else { throw .file(path, "removed", errno) }
  }

  static func exists(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }
}

extension SinkError {
  /// What a system call said of a file, and what there is to do about it.
  static func file(_ path: String, _ verb: String, _ code: Int32) -> SinkError {
    let reason = String(cString: strerror(code))
    let what = "\(path) could not be \(verb): \(reason)."
    return switch code {
    case ENOSPC, EDQUOT:
      SinkError(
        .retry, code: code == ENOSPC ? "ENOSPC" : "EDQUOT",
        "\(what) Make room: it is tried again until there is some.")
    case EACCES, EPERM:
      SinkError(
        .stop, code: "EACCES",
        "\(what) Give user \(geteuid()) the right to write there, e.g. with setfacl or chown.")
    case EROFS:
      SinkError(.stop, code: "EROFS", "\(what) Mount it for writing.")
    case ENOTDIR:
      SinkError(.stop, code: "ENOTDIR", "\(what) A folder is expected there: choose another path.")
    case ENOENT:
      SinkError(.stop, code: "ENOENT", "\(what) Create it, or mount what should be there.")
    case EIO:
      SinkError(.retry, code: "EIO", "\(what) The disk reports a failure: see `dmesg`.")
    default:
      SinkError(.retry, code: "errno \(code)", what)
    }
  }
}
