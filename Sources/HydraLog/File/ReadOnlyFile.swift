import EventPersistence
import SystemPackage

/// A regular file that is open for reading, for as long as one call lasts.
struct ReadOnlyFile: ~Copyable {
  let path: String
  let identity: FileIdentity
  /// The size when it was opened: a node may have appended more since.
  let size: UInt64
  private let file: OpenFile

  /// - Throws: `.changed` if there is no file, `.unreadable` if it may not be read or is another
  ///   kind of file.
  init(path: String) throws(SourceError) {
    let file: OpenFile
    let status: Stat
    do throws(Errno) {
      file = try OpenFile(path)
      status = try file.status()
    } catch {
      throw Self.failure(error, path)
    }
    guard status.type == .regular else {
      throw SourceError(
        .unreadable,
        "\(path) is not a file: expected the node's log. Is it the right --persistence-dir?")
    }
    self.path = path
    self.file = file
    identity = FileIdentity(status)
    size = UInt64(status.size)
  }

  /// The `count` bytes at `offset`, fewer at the file's end, in a buffer of their own.
  func buffer(at offset: UInt64, count: Int) throws(SourceError) -> EventBuffer {
    let buffer = EventBuffer(capacity: count)
    do throws(Errno) {
      buffer.fill(try file.read(into: buffer.free, at: offset))
    } catch {
      throw Self.failure(error, path)
    }
    return buffer
  }

  private static func failure(_ error: Errno, _ path: String) -> SourceError {
    switch error {
    case .noSuchFileOrDirectory, .notDirectory:
      SourceError(.changed, "\(path) is gone.")
    case .permissionDenied, .notPermitted:
      SourceError(.unreadable, Permission.sentence(path: path))
    default:
      SourceError(.unreadable, "\(path) could not be read: \(error).")
    }
  }
}
