internal import Foundation
internal import SystemPackage

/// Files that a reader sees whole or not at all.
package enum AtomicFile {
  /// How durable a replacement is when the call returns.
  enum Durability {
    /// It survives a crash of the machine: fsync of the file, then of its folder.
    case crash
    /// It survives a crash of this process.
    case process
  }

  /// More than a record of the state needs; a larger file is not ours.
  static let bytesMax = 1 << 20

  /// The whole file; nil if there is none.
  static func read(_ path: String, bytesMax: Int = bytesMax) throws(StateError) -> Data? {
    guard let file = try open(path) else { return nil }
    let status = try regularStatus(of: file, path)
    try check(status.size, of: path, max: bytesMax)
    do throws(Errno) { return try file.bytes(at: 0, count: Int(status.size)) } catch {
      throw .reading(path, error)
    }
  }

  /// `path`, a regular file, open for reading; nil if there is none.
  package static func open(_ path: String) throws(StateError) -> OpenFile? {
    let file: OpenFile
    do throws(Errno) { file = try OpenFile(path) } catch {
      if error == .noSuchFileOrDirectory { return nil }
      throw .reading(path, error)
    }
    _ = try regularStatus(of: file, path)
    return file
  }

  /// Refuses what is no file of bytes: a folder, a FIFO, a device.
  static func regularStatus(of file: OpenFile, _ path: String) throws(StateError) -> Stat {
    let status: Stat
    do throws(Errno) { status = try file.status() } catch { throw .reading(path, error) }
    guard status.type == .regular else {
      throw StateError(.nonsense, "\(path) is not a regular file. Move it aside.")
    }
    return status
  }

  static func check(_ byteCount: Int64, of path: String, max: Int) throws(StateError) {
    guard byteCount > max else { return }
    throw StateError(
      .nonsense,
      "\(path) has \(byteCount) bytes, where at most \(max) are expected. "
        + "It was not written by hydra-sinks: move it aside.")
  }

  /// Replaces `path` with `data`, whole: temporary file, rename.
  static func replace(_ path: String, with data: Data, durability: Durability, access: StateAccess)
    throws(StateError)
  {
    let temporary = try writeTemporary(
      beside: path, data: data, durability: durability, access: access)
    guard rename(temporary, path) == 0 else {
      let code = Errno.last
      unlink(temporary)
      throw .writing(path, code)
    }
    if durability == .crash { try syncFolder(of: path) }
  }

  /// Creates `path` with `data` by `link(2)`; false if there is one already, which stays.
  static func create(_ path: String, with data: Data, access: StateAccess) throws(StateError)
    -> Bool
  {
    let temporary = try writeTemporary(
      beside: path, data: data, durability: .crash, access: access)
    defer { unlink(temporary) }
    guard link(temporary, path) == 0 else {
      if Errno.last == .fileExists { return false }
      throw .writing(path, .last)
    }
    try syncFolder(of: path)
    return true
  }

  /// Removes `path` durably; false if there was none.
  @discardableResult
  static func remove(_ path: String) throws(StateError) -> Bool {
    guard unlink(path) == 0 else {
      if Errno.last == .noSuchFileOrDirectory { return false }
      throw .writing(path, .last)
    }
    try syncFolder(of: path)
    return true
  }

  static func syncFolder(of path: String) throws(StateError) {
    let folder = parent(of: path)
    do throws(Errno) { try OpenFile.synchronize(folder) } catch { throw .writing(folder, error) }
  }

  static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The mark in a temporary file's name, which identifies what a crash left behind.
  static let temporaryMark = ".tmp-"

  private static func writeTemporary(
    beside path: String, data: Data, durability: Durability, access: StateAccess
  ) throws(StateError) -> String {
    guard let slash = path.lastIndex(of: "/") else {
      preconditionFailure("\(path) names no folder, and every file of the state lies in one")
    }
    let name = path[path.index(after: slash)...]
    let suffix = String(UInt64.random(in: .min ... .max), radix: 36)
    let temporary = parent(of: path) + "/." + name + temporaryMark + suffix
    let file: OpenFile
    do throws(StateError) {
      file = try access.create(temporary, .writeOnly, options: .exclusiveCreate)
    } catch {
      // The same message each time, so that repeats are known as such.
      throw StateError(error.kind, error.message.replacing(temporary, with: path))
    }
    do throws(Errno) {
      try file.write(data)
      if durability == .crash { try file.synchronize() }
    } catch {
      unlink(temporary)
      throw .writing(path, error)
    }
    return temporary
  }
}
