import EventPersistence
import Foundation

/// What a program writes to its standard error: all of it is taken, the end of it is kept.
///
/// It is a file in memory and not a pipe, so that a program never waits for us nor gets SIGPIPE when we are
/// gone; it is emptied when it has grown.
final class ErrorTail: Sendable {
  /// How much is looked at.
  static let tailBytes = 4096
  /// How much it may hold before it is emptied.
  static let bytesMax = 1 << 20

  let descriptor: Int32

  init() throws(SinkError) {
    descriptor = try MemoryFile.create("hydra-sinks-stderr")
    // The program goes on at the end, wherever that is by then.
    _ = fcntl(descriptor, F_SETFL, O_APPEND)
  }

  deinit { close(descriptor) }

  /// Empties the file where it has grown beyond its bound; only a program that goes on writing notices.
  func trim() {
    var status = stat()
    if fstat(descriptor, &status) == 0, status.st_size > Self.bytesMax { ftruncate(descriptor, 0) }
  }

  /// The last line that is not empty, as far as the end of the output holds it.
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
