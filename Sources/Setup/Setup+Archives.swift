internal import CommandSink
package import EventArchive
package import EventPersistence
internal import FileSink
internal import Foundation
internal import S3Sink
package import Wording

/// Reading back what a configured secondary stored.
extension Setup {
  /// The archive of a secondary; nil for kinds that have none.
  package func archive(of secondary: ConfiguredSecondary) throws(Refusal) -> (any ArchiveStorage)? {
    switch secondary.kind {
    case .file(let file): return FileArchive(path: file.path)
    case .s3(let s3):
      return S3ArchiveStorage(
        s3.options(
          of: secondary, folder: state.folder(secondary.name).path,
          environment: ProcessInfo.processInfo.environment))
    case .command, .feed, .checkpoint: return nil
    }
  }

  /// The archive that an argument names.
  ///
  /// - Throws: a refusal if the secondary is not an archive.
  package func archive(named name: String) throws(Refusal) -> any ArchiveStorage {
    let secondary = try secondary(named: name)
    guard let archive = try archive(of: secondary) else {
      throw Refusal(
        .error,
        "\(name) is of kind \(secondary.kind.name), whose content cannot be read back: "
          + "expected one of kind file or s3")
    }
    return archive
  }

  /// The archive that an argument names, as a log to read from `start` on: for a time, with what is
  /// known of the times of the node's log, if it is an archive of that one.
  package func archive(named name: String, from start: Start) async throws -> ArchiveSource {
    let archive = ArchiveSource(try archive(named: name))
    guard case .time = start, let log = try? source(), let times = await log.knownTimes(),
      let first = try? await archive.locate(.first),
      (try? await log.status(of: first).match) == .found
    else { return archive }
    return ArchiveSource(archive.storage, times: times)
  }

  /// Makes the lines of `select: transactions` from the log, to compare them with the archive.
  package var transactionLines: HeldForm { .made { TransactionLine.line(of: $0) } }
}
