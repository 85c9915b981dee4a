internal import EventPersistence

/// The promise in the name `old-state/hydra-L.db`: a node writes an archive under that name from
/// the first byte on.
enum ArchiveFile {
  /// The L of `hydra-L.db`: the id of the archive's last event.
  static func lastId(name: String) -> Int64? {
    let file = name.split(separator: "/").last ?? ""
    guard case .databaseArchive(let id) = LogName("\(LogName.archiveFolder)/\(file)") else {
      return nil
    }
    return Int64(id)
  }

  /// The error of an archive that ends before its last event.
  static func incomplete(path: String, name: String, lastId: Int64?) -> SourceError {
    let expected = Self.lastId(name: name).map { "\($0)" } ?? "a number, as in hydra-1000.db"
    let found = lastId.map { "it ends with event \($0)" } ?? "it holds no event"
    return judgement(
      of: SourceError(
        .unreadable,
        "\(path) is not a complete archive: \(found), but its name says \(expected). If the node "
          + "stopped while it wrote the archive, it rewrites the archive when it starts again."),
      path: path)
  }

  /// `error`; or, if the archive was just written, an error that passes by itself.
  static func judgement(of error: SourceError, path: String) -> SourceError {
    let isTrouble =
      switch error.kind {
      case .unreadable, .damaged: true
      case .missing, .ambiguous, .unsupported, .changed, .gap, .diverged: false
      }
    guard isTrouble, let look = try? DatabaseLook(path: path),
      look.atNanoseconds - look.database.modifiedNanoseconds < settledNanoseconds
    else { return error }
    return SourceError(.changed, "\(path) is still being written.")
  }

  /// A node never pauses this long while it writes an archive.
  private static let settledNanoseconds: Int64 = 60_000_000_000
}
