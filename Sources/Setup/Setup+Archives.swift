internal import CommandSink
package import EventArchive
package import EventPersistence
internal import FileSink
internal import Foundation
internal import HydraLog
internal import S3Sink
package import Wording

/// Reading back what a configured secondary stored.
extension Setup {
  /// A generation of a secondary's archive; nil for kinds that have none.
  package func archive(
    of secondary: ConfiguredSecondary, generation: Int = 1
  ) throws(Refusal) -> (any ArchiveStorage)? {
    switch secondary.kind {
    case .file(let file): return FileArchive(path: file.path, generation: generation)
    case .s3(let s3):
      var options = s3.options(
        of: secondary, in: state, environment: ProcessInfo.processInfo.environment)
      options.generation = generation
      return S3ArchiveStorage(options)
    case .jetstream(let stream): return archive(of: secondary, stream, generation: generation)
    case .command, .feed, .checkpoint: return nil
    }
  }

  /// The archive that an argument names: of `generation`, or of the newest that it holds.
  ///
  /// - Throws: a refusal if the secondary is not an archive, or has no such generation.
  package func archive(
    named name: String, generation: Int? = nil
  ) async throws -> any ArchiveStorage {
    let secondary = try secondary(named: name)
    guard let first = try archive(of: secondary) else {
      throw Refusal(
        .error,
        "\(name) is of kind \(secondary.kind.name), whose content cannot be read back: "
          + "expected one of kind file, s3 or jetstream")
    }
    let held = try await first.generations()
    guard let generation = generation ?? held.last else { return first }
    guard held.contains(generation) else {
      throw Refusal(
        .error,
        "\(first.place) holds no generation \(generation): it holds "
          + (held.isEmpty ? "nothing" : held.map(String.init).joined(separator: ", ")))
    }
    return try archive(of: secondary, generation: generation) ?? first
  }

  /// The archive that an argument names, as a log to read from `start` on: for a time, with what is
  /// known of the times of the node's log, if it is an archive of that one.
  package func archive(
    named name: String, generation: Int?, from start: Start
  ) async throws -> ArchiveSource {
    let archive = ArchiveSource(try await archive(named: name, generation: generation))
    guard case .time = start, let log = try? source(), let times = await log.knownTimes(),
      let first = try? await archive.locate(.first),
      (try? await log.status(of: first).match) == .found
    else { return archive }
    return ArchiveSource(archive.storage, times: times)
  }

  /// Makes the lines of `select: transactions` from the log, to compare them with the archive.
  package var transactionLines: HeldForm { .made { TransactionLine.line(of: $0) } }
}
