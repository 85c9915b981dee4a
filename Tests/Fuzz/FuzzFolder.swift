import Foundation

/// A folder in memory for the files of one fuzzing process.
struct FuzzFolder {
  let path = "/dev/shm/hydra-fuzz-\(getpid())"

  init() {
    mkdir(path, 0o700)
    mkdir("\(path)/old-state", 0o700)
  }

  func write(_ name: String, _ bytes: UnsafeRawBufferPointer) {
    let file = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    precondition(file >= 0 && Foundation.write(file, bytes.baseAddress, bytes.count) == bytes.count)
    close(file)
  }

  func clear() {
    for folder in [path, "\(path)/old-state"] {
      for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
        unlink("\(folder)/\(name)")
      }
    }
  }

  func identity(_ name: String) -> FileIdentity {
    try! FileStamp(at: "\(path)/\(name)").identity
  }
}
