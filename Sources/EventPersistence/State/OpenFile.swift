package import Foundation
package import SystemPackage

/// A file or a folder, open as long as a reference to it exists. Every call blocks.
package final class OpenFile: Sendable {
  package let descriptor: FileDescriptor

  /// Opens `path`; programs that this process starts do not inherit it.
  package init(
    _ path: String, _ mode: FileDescriptor.AccessMode = .readOnly,
    options: FileDescriptor.OpenOptions = [], permissions: FilePermissions? = nil
  ) throws(Errno) {
    descriptor = try Self.answer {
      // Without O_NONBLOCK, opening a FIFO waits for its other end.
      try FileDescriptor.open(
        path, mode, options: options.union([.closeOnExec, .nonBlocking]), permissions: permissions)
    }
  }

  deinit { try? descriptor.close() }

  package func status() throws(Errno) -> Stat { try descriptor.stat() }

  /// Reads at `offset` until `bytes` is full or the file ends.
  ///
  /// - Returns: how many bytes it read.
  package func read(into bytes: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(Errno)
    -> Int
  {
    var done = 0
    while done < bytes.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[done...])
      let place = Int64(offset) + Int64(done)
      let count = try Self.answer { try descriptor.read(fromAbsoluteOffset: place, into: rest) }
      precondition(count <= rest.count, "a read fills no more than its buffer")
      if count == 0 { break }
      done += count
    }
    return done
  }

  /// The `count` bytes at `offset`; fewer at the file's end.
  package func bytes(at offset: UInt64, count: Int) throws(Errno) -> Data {
    var bytes = Data(count: count)
    let result = bytes.withUnsafeMutableBytes { bytes in
      Result { () throws(Errno) in try read(into: bytes, at: offset) }
    }
    return bytes.prefix(try result.get())
  }

  /// The whole file, also one of `/proc`, which shows no size; nil if it has more than `bytesMax`
  /// bytes.
  ///
  /// For files that are read again and again: Foundation's `contents(atPath:)` keeps 4 KiB for each
  /// empty file that it reads.
  package func content(bytesMax: Int) throws(Errno) -> Data? {
    var content = Data()
    while content.count <= bytesMax {
      let part = try bytes(at: UInt64(content.count), count: Self.partBytes)
      content += part
      if part.count < Self.partBytes { return content.count <= bytesMax ? content : nil }
    }
    return nil
  }

  private static let partBytes = 4096

  /// Writes all of `bytes` at the descriptor's position.
  package func write(_ bytes: some Sequence<UInt8>) throws(Errno) {
    _ = try Self.answer { try descriptor.writeAll(bytes) }
  }

  /// Writes all of `bytes` at `offset`.
  package func write(_ bytes: some Sequence<UInt8>, at offset: UInt64) throws(Errno) {
    _ = try Self.answer { try descriptor.writeAll(toAbsoluteOffset: Int64(offset), bytes) }
  }

  package func resize(to byteCount: UInt64) throws(Errno) {
    guard ftruncate(descriptor.rawValue, off_t(byteCount)) == 0 else { throw Errno.last }
  }

  /// Returns once what was written (in a folder, its names) would survive a crash of this machine.
  package func synchronize() throws(Errno) {
    guard fsync(descriptor.rawValue) == 0 else { throw Errno.last }
  }

  /// Synchronizes the file or folder at `path`.
  package static func synchronize(_ path: String) throws(Errno) {
    try OpenFile(path).synchronize()
  }

  /// swift-system throws only `Errno`, but not every call declares it.
  private static func answer<Answer>(_ call: () throws -> Answer) throws(Errno) -> Answer {
    do {
      return try call()
    } catch let error as Errno {
      throw error
    } catch {
      preconditionFailure("swift-system threw \(error), which is not an Errno")
    }
  }
}

extension Errno {
  /// Why the last system call of this thread failed.
  package static var last: Errno { Errno(rawValue: errno) }
}
