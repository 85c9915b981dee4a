package import EventArchive
package import EventPersistence

/// A generation of a stream as an archive to read, also while a driver publishes.
///
/// Its objects are stretches of sequences. Messages that the stream's limits dropped are missing, and
/// so are the bodies that were left out (`oversize: skip-body`).
package struct JetStreamArchive: ArchiveStorage {
  private let options: JetStreamOptions
  private let reader: JetStreamReader
  private let part: String?

  /// - Parameter part: which part of the events is published, in words; nil if all are.
  package init(_ options: JetStreamOptions, part: String? = nil) {
    self.options = options
    self.part = part
    reader = JetStreamReader(options)
  }

  package var place: String { options.place }

  package func generations() async throws(SourceError) -> [Int] {
    try await asking { () throws(SinkError) in try await reader.chain()?.generations ?? [] }
  }

  package func manifest() async throws(SourceError) -> ArchiveManifest {
    let found = try await asking { () throws(SinkError) in
      try await reader.manifest(part: part)
    }
    guard let found else {
      throw SourceError(
        .missing,
        "The \(place) holds no event of the node's log"
          + (options.generation > 1 ? " (generation \(options.generation))." : "."))
    }
    return found
  }

  package func objects() async throws(SourceError) -> [ArchiveObject] {
    try await asking { () throws(SinkError) in try await reader.objects() }
  }

  package func read(_ object: ArchiveObject) async throws(SourceError) -> ArchiveContents {
    let bounds = object.key.split(separator: "-").compactMap { UInt64($0) }
    guard bounds.count == 2, bounds[0] <= bounds[1] else { return .gone }
    let lines = try await asking { () throws(SinkError) in
      try await reader.lines(bounds[0], through: bounds[1])
    }
    return lines.map { .lines(EventBuffer($0)) } ?? .gone
  }

  package func setAsideCount() async throws(SourceError) -> Int? { nil }

  package func changeToken() async -> ChangeToken {
    guard let state = try? await reader.state() else { return ChangeToken([]) }
    return ChangeToken([state.firstSequence, state.lastSequence, state.messages])
  }

  private func asking<R: Sendable>(
    _ body: () async throws(SinkError) -> R
  ) async throws(SourceError) -> R {
    do throws(SinkError) {
      return try await body()
    } catch {
      throw SourceError(readingArchive: error)
    }
  }
}
