import CSpawn
import EventPersistence
import Foundation

/// What a program writes to its standard error: all of it is accepted, only the end is kept.
///
/// It is a file in memory, not a pipe, so that a program neither waits for us nor gets SIGPIPE when
/// we are gone. When it has grown, all memory but that of its end is freed.
final class ErrorTail: Sendable {
  /// How much of the end is read.
  static let tailBytes = 4096
  /// How much memory it may take before that of its front is freed.
  static let bytesMax = 1 << 20

  let descriptor: Int32

  init() throws(SinkError) {
    descriptor = try MemoryFile.create("hydra-sinks-stderr")
    // The program appends at the end, wherever that is by then.
    _ = fcntl(descriptor, F_SETFL, O_APPEND)
  }

  deinit { close(descriptor) }

  /// Frees the memory of all but the end if it exceeds its bound. The size stays the same, so that
  /// nothing that the program writes meanwhile is lost.
  func trim() {
    var status = stat()
    guard fstat(descriptor, &status) == 0, Int(status.st_blocks) * 512 > Self.bytesMax else {
      return
    }
    _ = cspawn_drop_front(descriptor, status.st_size - off_t(Self.tailBytes))
  }

  /// The last line that is not empty, if the kept end of the output holds one.
  func lastLine() -> String? {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return nil }
    var bytes = [UInt8](repeating: 0, count: min(Self.tailBytes, Int(status.st_size)))
    let start = Int(status.st_size) - bytes.count
    let count = pread(descriptor, &bytes, bytes.count, start)
    guard count > 0 else { return nil }
    return String(decoding: bytes.prefix(count), as: UTF8.self)
      .split(whereSeparator: \.isNewline)
      .map { $0.trimmingCharacters(in: .whitespaces) }
      .last { !$0.isEmpty }
  }
}
