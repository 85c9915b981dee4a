import EventPersistence
import Foundation
import SystemPackage

/// Folder operations that throw a sink's errors.
enum Folder {
  static func make(_ path: String) throws(SinkError) {
    guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw .file(path, "created", errno) }
    let status = try SinkError.naming(path, "examined") { try Stat(path) }
    guard status.type == .directory else { throw .file(path, "used", ENOTDIR) }
  }

  static func names(in path: String) throws(SinkError) -> [String] {
    guard let folder = opendir(path) else { throw .file(path, "listed", errno) }
    defer { closedir(folder) }
    var names: [String] = []
    errno = 0
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
      errno = 0
    }
    guard errno == 0 else { throw .file(path, "listed", errno) }
    return names
  }

  static func sync(_ path: String) throws(SinkError) {
    try File(path, .readOnly, .directory).sync()
  }

  static func rename(_ from: String, _ to: String) throws(SinkError) {
    guard Foundation.rename(from, to) == 0 else { throw .file(from, "renamed to \(to)", errno) }
  }

  static func remove(_ path: String) throws(SinkError) {
    guard unlink(path) == 0 || errno == ENOENT else { throw .file(path, "removed", errno) }
  }

  /// - Throws: if it cannot be examined: that is not the same as a path that does not exist.
  static func exists(_ path: String) throws(SinkError) -> Bool {
    var status = stat()
    if lstat(path, &status) == 0 { return true }
    guard errno == ENOENT || errno == ENOTDIR else { throw .file(path, "examined", errno) }
    return false
  }
}

extension String {
  /// The part before the last slash.
  var folder: String {
    guard let slash = lastIndex(of: "/") else { return "." }
    return slash == startIndex ? "/" : String(self[..<slash])
  }

  /// The part after the last slash.
  var name: String { lastIndex(of: "/").map { String(self[index(after: $0)...]) } ?? self }
}
