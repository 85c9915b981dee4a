package import EventArchive
package import EventPersistence

/// A prefix of a bucket as an archive to read, also while a driver stores there.
package struct S3ArchiveStorage: ArchiveStorage {
  private let archive: S3Archive
  private let bucket: S3Bucket

  /// - Parameter options: of the sink; only its place and credentials are used.
  package init(_ options: S3Sink.Options) {
    archive = S3Archive(options)
    bucket = S3Bucket(options)
  }

  package var place: String { archive.target }

  package func generations() async throws(SourceError) -> [Int] {
    try await asking { () throws(SinkError) in try await bucket.generations() }
  }

  package func manifest() async throws(SourceError) -> ArchiveManifest {
    let found = try await asking { () throws(SinkError) in try await archive.manifest() }
    guard let found else {
      throw SourceError(
        .missing,
        "\(place) holds no archive: it has no \(bucket.place.manifest), which says how it was made."
      )
    }
    return ArchiveManifest(found)
  }

  package func objects() async throws(SourceError) -> [ArchiveObject] {
    let isPerEvent = try await layout() == .perEvent
    return try await asking { () throws(SinkError) in
      if isPerEvent {
        return try await archive.objects(.perEvent).map {
          ArchiveObject(
            key: $0.key, firstId: $0.name.firstId, lastId: $0.name.lastId, ordinal: 0,
            byteCount: UInt64($0.byteCount))
        }
      }
      // All of them: a reader skips superfluous ones, and `verify` reports them.
      return try await bucket.listing.batches().map {
        ArchiveObject(
          key: bucket.key($0), firstId: $0.name.firstId, lastId: $0.name.lastId,
          ordinal: $0.name.ordinal, byteCount: UInt64($0.byteCount))
      }
    }
  }

  package func read(_ object: ArchiveObject) async throws(SourceError) -> ArchiveContents {
    var entry: S3Listing.Entry?
    if let batch = bucket.place.batch(object.key) {
      entry = S3Listing.Entry(
        day: batch.day, name: batch.name, byteCount: Int(object.byteCount ?? 0), etag: "")
    }
    do throws(SinkError) {
      let lines = try await archive.lines(
        of: S3Archive.Object(
          key: object.key,
          name: BatchName(firstId: object.firstId, lastId: object.lastId ?? object.firstId),
          byteCount: Int(object.byteCount ?? 0), etag: "", entry: entry))
      return .lines(EventBuffer(lines))
    } catch {
      switch error.code {
      case "NoSuchKey": return .gone
      case "damaged": return .damaged("cannot be unpacked: \(error.message)")
      default: throw SourceError(.unreadable, error.message)
      }
    }
  }

  package func setAsideCount() async throws(SourceError) -> Int? {
    try await asking { () throws(SinkError) in try await archive.supersededKeys().count }
  }

  /// A listing of the last two days, which hold the newest objects.
  package func changeToken() async -> ChangeToken {
    var words: [UInt64] = []
    for day in (try? await bucket.listing.days(last: 1)) ?? [] {
      for entry in (try? await bucket.listing.batches(day: day)) ?? [] {
        words += [entry.name.lastId, UInt64(entry.byteCount)]
      }
    }
    return ChangeToken(words)
  }

  private func layout() async throws(SourceError) -> S3Manifest.Layout? {
    try await asking { () throws(SinkError) in try await archive.manifest()?.layout }
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

extension ArchiveManifest {
  init(_ manifest: S3Manifest) {
    var part = manifest.tags.map { "the tags \($0.joined(separator: ", "))" }
    if manifest.mixedTags == true { part = "some tags, and others before" }
    if manifest.select == .transactions { part = "the transactions" }
    self.init(
      schema: manifest.schema, content: manifest.select == .transactions ? .transactions : .events,
      part: part, derivedFrom: manifest.derivedFrom)
    bareThrough = manifest.bareThrough
    keepsLastOfId = manifest.layout == .perEvent
  }
}
