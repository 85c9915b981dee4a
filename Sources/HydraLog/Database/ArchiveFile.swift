internal import EventPersistence
internal import Foundation

/// What can be told of `old-state/hydra-L.db`, which a node writes under that very name.
enum ArchiveFile {
  /// The L of `hydra-L.db`: the id of the archive's last event.
  static func lastId(name: String) -> Int64? {
    let file = name.split(separator: "/").last ?? ""
    guard file.hasPrefix("hydra-"), file.hasSuffix(".db") else { return nil }
    return Int64(file.dropFirst(6).dropLast(3))
  }

  /// The error of an archive that ends before its last event.
  static func incomplete(path: String, name: String, lastId: Int64?) -> SourceError {
    let expected = Self.lastId(name: name).map { "\($0)" } ?? "a number, as in hydra-1000.db"
    let found = lastId.map { "it ends with event \($0)" } ?? "it holds no event"
    return judgement(
      of: SourceError(
        .unreadable,
        "\(path) is no whole archive: \(found), its name says \(expected). "
          + "A node that died while it wrote it makes it anew at its next start."), path: path)
  }

  /// `error`, as one that will pass where the archive was written to just now.
  static func judgement(of error: SourceError, path: String) -> SourceError {
    guard error.kind == .unreadable, let look = try? DatabaseLook(path: path),
      look.atNanoseconds - look.database.modifiedNanoseconds < settledNanoseconds
    else { return error }
    return SourceError(.changed, "\(path) is still being written.")
  }

  /// A node that is writing an archive does so without a pause of this length.
  private static let settledNanoseconds: Int64 = 60_000_000_000
}
