internal import CommandSink
package import EventArchive
internal import EventPersistence
internal import FileSink
internal import Foundation
internal import S3Sink
package import Wording

/// From what is configured to what can be read back of it.
extension Setup {
  /// Where a secondary stores what can be read back; nil for kinds that store nothing of ours.
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
  /// - Throws: a refusal where the secondary is none.
  package func archive(named name: String) throws(Refusal) -> any ArchiveStorage {
    let secondary = try secondary(named: name)
    guard let archive = try archive(of: secondary) else {
      throw Refusal(
        .error,
        "\(name) is of kind \(secondary.kind.name), which holds nothing that can be read back: "
          + "expected one of kind file or s3")
    }
    return archive
  }

  /// The lines that are made out of transactions, to be compared with those that are held.
  package var transactionLines: HeldForm { .made { TransactionLine.line(of: $0) } }
}
