import EventPersistence
import Foundation
import SystemPackage

/// A log that is being restored: its live part, which becomes an archive where the node rotated.
/// Every call blocks.
protocol RestoredLog: AnyObject {
  /// Appends an event as the node stored it.
  ///
  /// - Parameter isFromCBOR: whether it was archived from a CBOR log: then its JSON was made from the
  ///   bytes that the node stored.
  func append(
    _ json: UnsafeRawBufferPointer, of position: Position, isFromCBOR: Bool
  ) throws(RestoreError)

  /// Makes the live part an archive, as the node does when it rotates; `lastId` is its last id.
  func rotate(after lastId: UInt64) throws(RestoreError)

  /// Ends the live part; all of it would survive a crash of this machine.
  func finish() throws(RestoreError)
}

/// `state`, one line for each event, and `state-L`.
final class RestoredFile: RestoredLog {
  private let directory: String
  private var file: OpenFile?
  private var buffer: [UInt8] = []

  private static let bufferBytesMax = 1 << 20
  private var live: String { "\(directory)/state" }

  init(in directory: String) { self.directory = directory }

  func append(
    _ json: UnsafeRawBufferPointer, of position: Position, isFromCBOR: Bool
  ) throws(RestoreError) {
    buffer.append(contentsOf: json)
    buffer.append(0x0A)
    guard buffer.count >= Self.bufferBytesMax else { return }
    do throws(Errno) { try flush() } catch { throw .writing(live, error) }
  }

  func rotate(after lastId: UInt64) throws(RestoreError) {
    try finish()
    let archive = "\(directory)/state-\(lastId)"
    guard rename(live, archive) == 0 else { throw .writing(archive, .last) }
  }

  func finish() throws(RestoreError) {
    do throws(Errno) {
      try flush()
      try file?.synchronize()
    } catch {
      throw .writing(live, error)
    }
    file = nil
  }

  private func flush() throws(Errno) {
    guard !buffer.isEmpty else { return }
    if file == nil {
      file = try OpenFile(
        live, .writeOnly, options: [.create, .exclusiveCreate],
        permissions: [.ownerReadWrite, .groupRead, .otherRead])
    }
    try file?.write(buffer)
    buffer.removeAll(keepingCapacity: true)
  }
}

extension RestoreError {
  static func writing(_ path: String, _ error: Errno) -> RestoreError {
    RestoreError(.failed, "\(path) could not be written: \(error). Nothing was restored.")
  }

  /// Returns once the file or folder at `path` would survive a crash of this machine.
  static func synchronize(_ path: String) throws(RestoreError) {
    do throws(Errno) { try OpenFile.synchronize(path) } catch { throw .writing(path, error) }
  }
}
