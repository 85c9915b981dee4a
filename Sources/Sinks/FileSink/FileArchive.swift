public import EventPersistence
internal import Foundation

/// The folder of a file sink, as an archive to be read: of the same form whether a driver is at work or not.
public struct FileArchive: ArchiveStorage {
  public let path: String

  public init(path: String) {
    self.path = path
  }

  public var place: String { path }
}
