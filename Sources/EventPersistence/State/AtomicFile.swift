internal import Foundation

/// Files that a reader sees whole or not at all.
enum AtomicFile {
  /// How far a replacement must have got when the call returns.
  enum Durability {
    /// It survives a crash of the machine: fsync of the file, then of its folder.
    case crash
    /// It survives a crash of this process.
    case process
  }

  /// More than any file of the state has; what is larger is not ours.
  static let bytesMax = 16 << 20

  /// The whole file, or nil where there is none.
  static func read(_ path: String) throws(StateError) -> Data? {
    // Without O_NONBLOCK, a FIFO in the file's place would hold up the reader for ever.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw .reading(path, errno)
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .reading(path, errno) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw StateError(
        .nonsense, "\(path) is not a regular file, which it should be. Move it aside.")
    }
    guard status.st_size <= bytesMax else {
      throw StateError(
        .nonsense,
        "\(path) has \(status.st_size) bytes, where at most \(bytesMax) are expected. "
          + "It was not written by hydra-sinks: move it aside.")
    }
    var data = Data(count: Int(status.st_size))
    var count = 0
    while count < data.count {
      let got = data.withUnsafeMutableBytes {
        Foundation.read(descriptor, $0.baseAddress! + count, $0.count - count)
      }
      if got < 0 {
        if errno == EINTR { continue }
        throw .reading(path, errno)
      }
      if got == 0 { break }
      count += got
    }
    return data.prefix(count)
  }

  /// Puts `data` in the place of `path`, whole: temporary file, rename.
  static func replace(_ path: String, with data: Data, durability: Durability, access: StateAccess)
    throws(StateError)
  {
    let temporary = try writeTemporary(
      beside: path, data: data, durability: durability, access: access)
    guard rename(temporary, path) == 0 else {
      let code = errno
      unlink(temporary)
      throw .writing(path, code)
    }
    if durability == .crash { try syncFolder(of: path) }
  }

  /// Creates `path` with `data` by `link(2)`; false where there is one already, which stays as it is.
  static func create(_ path: String, with data: Data, access: StateAccess) throws(StateError)
    -> Bool
  {
    let temporary = try writeTemporary(
      beside: path, data: data, durability: .crash, access: access)
    defer { unlink(temporary) }
    guard link(temporary, path) == 0 else {
      if errno == EEXIST { return false }
      throw .writing(path, errno)
    }
    try syncFolder(of: path)
    return true
  }

  /// Removes `path` for good; false where there was none.
  @discardableResult
  static func remove(_ path: String) throws(StateError) -> Bool {
    guard unlink(path) == 0 else {
      if errno == ENOENT { return false }
      throw .writing(path, errno)
    }
    try syncFolder(of: path)
    return true
  }

  static func syncFolder(of path: String) throws(StateError) {
    let folder = parent(of: path)
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .writing(folder, errno) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw .writing(folder, errno) }
  }

  static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The mark of a temporary file's name: what a crash left of them can be told by it.
  static let temporaryMark = ".tmp-"

  private static func writeTemporary(
    beside path: String, data: Data, durability: Durability, access: StateAccess
  ) throws(StateError) -> String {
    let name = path[path.index(after: path.lastIndex(of: "/")!)...]
    let suffix = String(UInt64.random(in: .min ... .max), radix: 36)
    let temporary = parent(of: path) + "/." + name + temporaryMark + suffix
    let descriptor = try access.create(temporary, flags: O_WRONLY | O_EXCL)
    do throws(StateError) {
      defer { close(descriptor) }
      try writeAll(data, to: descriptor, path: path)
      if durability == .crash, fsync(descriptor) != 0 { throw .writing(path, errno) }
    } catch {
      unlink(temporary)
      throw error
    }
    return temporary
  }

  /// Writes `data` at the descriptor's place, however many calls it takes.
  static func writeAll(_ data: Data, to descriptor: Int32, path: String) throws(StateError) {
    var offset = 0
    while offset < data.count {
      let count = data.withUnsafeBytes {
        write(descriptor, $0.baseAddress! + offset, $0.count - offset)
      }
      if count < 0 {
        if errno == EINTR { continue }
        throw .writing(path, errno)
      }
      offset += count
    }
  }
}
