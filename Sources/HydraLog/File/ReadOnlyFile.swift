import EventPersistence
import Foundation

/// A regular file that is open for reading, for as long as one call lasts.
struct ReadOnlyFile: ~Copyable {
  let path: String
  let identity: FileIdentity
  let size: UInt64
  private let descriptor: Int32

  /// - Throws: `.changed` where nothing is there, `.unreadable` where it may not be read or is no file.
  init(path: String) throws(SourceError) {
    // Without O_NONBLOCK, opening a FIFO would wait for its writer.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw Self.failure(errno, path) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let code = errno
      close(descriptor)
      throw Self.failure(code, path)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw SourceError(
        .unreadable,
        "\(path) is not a file: expected the node's log there. Is it the right --persistence-dir?")
    }
    self.path = path
    self.descriptor = descriptor
    identity = FileIdentity(status)
    size = UInt64(status.st_size)
  }

  deinit { close(descriptor) }

  /// Reads at `offset` until `bytes` is full or the file ends; how many bytes that were.
  func read(into bytes: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(SourceError)
    -> Int
  {
    var done = 0
    while done < bytes.count {
      let count = pread(
        descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(offset) + off_t(done))
      if count < 0 {
        if errno == EINTR { continue }
        throw Self.failure(errno, path)
      }
      if count == 0 { break }
      done += count
    }
    return done
  }

  /// The `count` bytes at `offset`, fewer at the file's end, in a buffer of their own.
  func buffer(at offset: UInt64, count: Int) throws(SourceError) -> EventBuffer {
    let buffer = EventBuffer(capacity: count)
    buffer.fill(try read(into: buffer.free, at: offset))
    return buffer
  }

  private static func failure(_ code: Int32, _ path: String) -> SourceError {
    switch code {
    case ENOENT, ENOTDIR:
      SourceError(.changed, "\(path) is not there any more.")
    case EACCES, EPERM:
      SourceError(.unreadable, Permission.sentence(path: path))
    default:
      SourceError(.unreadable, "\(path) could not be read: \(String(cString: strerror(code))).")
    }
  }
}
