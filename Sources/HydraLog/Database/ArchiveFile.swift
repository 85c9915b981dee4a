internal import EventPersistence

/// What `old-state/hydra-L.db` promises by its name: a node writes it under that name from the first byte on.
enum ArchiveFile {
  /// The L of `hydra-L.db`: the id of the archive's last event.
  static func lastId(name: String) -> Int64? {
    let file = name.split(separator: "/").last ?? ""
    guard case .databaseArchive(let id) = LogName("\(LogName.archiveFolder)/\(file)") else {
      return nil
    }
    return Int64(exactly: id)
  }

  /// The error of an archive that ends before its last event.
  static func incomplete(path: String, name: String, lastId: Int64?) -> SourceError {
    let expected = Self.lastId(name: name).map { "\($0)" } ?? "a number, as in hydra-1000.db"
    let found = lastId.map { "it ends with event \($0)" } ?? "it holds no event"
    return judgement(
      of: SourceError(
        .unreadable,
        "\(path) is no whole archive: \(found), its name says \(expected). "
          + "A node that died while it wrote it writes it again at its next start."), path: path)
  }

  /// `error`; where the archive was written a moment ago, an error that passes by itself.
  static func judgement(of error: SourceError, path: String) -> SourceError {
    guard error.kind == .unreadable, let look = try? DatabaseLook(path: path),
      look.atNanoseconds - look.database.modifiedNanoseconds < settledNanoseconds
    else { return error }
    return SourceError(.changed, "\(path) is still being written.")
  }

  /// A node that is writing an archive does so without a pause of this length.
  private static let settledNanoseconds: Int64 = 60_000_000_000
}
