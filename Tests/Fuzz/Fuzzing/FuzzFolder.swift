package import EventPersistence
internal import Foundation

/// A folder in memory for the files of one fuzzing process.
package struct FuzzFolder: Sendable {
  package let path = "/dev/shm/hydra-fuzz-\(getpid())"

  /// - Parameter folders: the names of those to make in it, outer ones first.
  package init(with folders: String...) {
    mkdir(path, 0o700)
    for folder in folders { mkdir("\(path)/\(folder)", 0o700) }
  }

  package func write(_ name: String, _ bytes: UnsafeRawBufferPointer) {
    let file = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    precondition(file >= 0 && Foundation.write(file, bytes.baseAddress, bytes.count) == bytes.count)
    close(file)
  }

  /// Removes all files, and leaves the folders.
  package func clear() {
    let inside = FileManager.default.enumerator(atPath: path)
    while let name = inside?.nextObject() as? String { unlink("\(path)/\(name)") }
  }

  package func identity(_ name: String) -> FileIdentity {
    try! FileStamp(at: "\(path)/\(name)").identity
  }
}
