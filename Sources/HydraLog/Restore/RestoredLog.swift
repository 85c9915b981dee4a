import EventPersistence
import Foundation

/// A log that is being written anew: the live part, which is closed and archived where the node rotated.
protocol RestoredLog: AnyObject {
  /// Appends an event's bytes as the node stored them.
  func append(_ json: UnsafeRawBufferPointer, of position: Position) throws(RestoreError)

  /// Makes what was appended since the last time an archive, as the node does when it rotates; `lastId` is
  /// the last id of it.
  func rotate(behind lastId: UInt64) throws(RestoreError)

  /// Ends the live part; all of it would survive a crash of this machine.
  func finish() throws(RestoreError)
}

/// `state`, a line an event, and `state-L`.
final class RestoredFile: RestoredLog {
  private let directory: String
  private var descriptor: Int32 = -1
  private var buffer: [UInt8] = []

  private static let bufferBytesMax = 1 << 20
  private var live: String { "\(directory)/state" }

  init(in directory: String) { self.directory = directory }

  deinit { if descriptor >= 0 { close(descriptor) } }

  func append(_ json: UnsafeRawBufferPointer, of position: Position) throws(RestoreError) {
    if descriptor < 0 {
      descriptor = open(live, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
      guard descriptor >= 0 else { throw .writing(live, errno) }
    }
    buffer.append(contentsOf: json)
    buffer.append(0x0A)
    if buffer.count >= Self.bufferBytesMax { try flush() }
  }

  func rotate(behind lastId: UInt64) throws(RestoreError) {
    try finish()
    let archive = "\(directory)/state-\(lastId)"
    guard rename(live, archive) == 0 else { throw .writing(archive, errno) }
  }

  func finish() throws(RestoreError) {
    guard descriptor >= 0 else { return }
    try flush()
    guard fsync(descriptor) == 0 else { throw .writing(live, errno) }
    close(descriptor)
    descriptor = -1
  }

  private func flush() throws(RestoreError) {
    var written = 0
    while written < buffer.count {
      let count = buffer.withUnsafeBytes {
        write(descriptor, $0.baseAddress! + written, $0.count - written)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw .writing(live, count == 0 ? ENOSPC : errno) }
      written += count
    }
    buffer.removeAll(keepingCapacity: true)
  }
}

extension RestoreError {
  static func writing(_ path: String, _ code: Int32) -> RestoreError {
    RestoreError(
      .failed,
      "\(path) could not be written: \(String(cString: strerror(code))). Nothing was restored.")
  }
}
