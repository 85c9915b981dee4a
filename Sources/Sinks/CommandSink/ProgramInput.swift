import CSpawn
import EventPersistence
import Foundation

/// A program's standard input: a sealed file in memory, complete before the program starts.
final class ProgramInput: Sendable {
  let descriptor: Int32

  convenience init(_ batch: EventBatch) throws(SinkError) {
    try self.init(batch.lineRanges.map { UnsafeRawBufferPointer(rebasing: batch.buffer.bytes[$0]) })
  }

  /// The input is these parts, one after another.
  init(_ parts: [UnsafeRawBufferPointer]) throws(SinkError) {
    descriptor = try MemoryFile.create("hydra-sinks-input")
    for part in parts { try MemoryFile.write(part, to: descriptor) }
    lseek(descriptor, 0, SEEK_SET)
    // If the kernel cannot seal, the input is still complete: no other process has the descriptor.
    _ = cspawn_seal(descriptor)
  }

  deinit { close(descriptor) }
}

/// Files that exist in memory only, as long as a process has them open.
enum MemoryFile {
  static func create(_ name: String) throws(SinkError) -> Int32 {
    let made = cspawn_memory_file(name)
    guard made >= 0 else { throw failed("created") }
    // Above the program's descriptors, so that none overwrites another.
    let descriptor = fcntl(made, F_DUPFD_CLOEXEC, 10)
    guard descriptor >= 0 else {
      let error = failed("created")
      close(made)
      throw error
    }
    close(made)
    return descriptor
  }

  static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) throws(SinkError) {
    var offset = 0
    while offset < bytes.count {
      let count = Foundation.write(
        descriptor, bytes.baseAddress! + offset, bytes.count - offset)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw failed("written") }
      offset += count
    }
  }

  private static func failed(_ verb: String) -> SinkError {
    let reason = String(cString: strerror(errno))
    return SinkError(
      .retry, code: "memory", "A file in memory for the program could not be \(verb): \(reason)")
  }
}
