import EventArchive
import EventPersistence

/// `superseded/`: files that were set aside. They are never read and never deleted.
struct Superseded {
  private let folder: String

  /// - Parameter path: of the archive.
  init(_ path: String) { folder = "\(path)/superseded" }

  /// How many files it has; nil if it cannot be read.
  var count: Int? { try? Folder.exists(folder) ? Folder.names(in: folder).count : 0 }

  func make() throws(SinkError) { try Folder.make(folder) }
  func sync() throws(SinkError) { try Folder.sync(folder) }

  /// `name` with a free number.
  func freeName(_ name: String) throws(SinkError) -> String {
    var number = 1
    while try Folder.exists("\(folder)/\(name).\(number)") { number += 1 }
    return "\(name).\(number)"
  }

  func move(_ file: String) throws(SinkError) {
    try Folder.rename(file, "\(folder)/\(freeName(file.name))")
  }

  func add(_ lines: ArraySlice<ArchiveLine>, as name: String) throws(SinkError) {
    try SegmentOutput.write(lines, to: "\(folder)/\(freeName(name))")
    try sync()
  }
}
