package import EventArchive
package import EventPersistence

/// The content of a prefix of a bucket, for reading it back.
///
/// It takes no lock and writes nothing: a driver may store there meanwhile.
package struct S3Archive: Sendable {
  /// An object with the lines of a batch, or of one event.
  package struct Object: Sendable, Hashable {
    package var key: String
    /// The events of its batch, selected or not; with `layout: per-event` that one event.
    package var name: BatchName
    /// The stored, compressed size.
    package var byteCount: Int
    /// The server's entity tag.
    package var etag: String

    var entry: S3Listing.Entry?
  }

  private let bucket: S3Bucket

  /// `s3://bucket/prefix`, for a sentence.
  package var target: String { bucket.target }

  /// - Parameter options: of the sink; only its place and credentials are used.
  package init(_ options: S3Sink.Options) { bucket = S3Bucket(options) }

  /// How the prefix was filled; nil if there is no manifest: then nothing was ever stored there.
  ///
  /// - Throws: `SinkError`, also if a later version made it (`code` is `schema N`).
  package func manifest() async throws(SinkError) -> S3Manifest? { try await bucket.manifest() }

  /// The objects in log order; of those that begin with the same event, the longest. One request
  /// for each thousand, and about 150 bytes of memory each.
  ///
  /// - Parameter layout: that of the manifest.
  package func objects(_ layout: S3Manifest.Layout) async throws(SinkError) -> [Object] {
    switch layout {
    case .batches:
      return S3Listing.longest(try await bucket.listing.batches()).map {
        Object(
          key: bucket.key($0), name: $0.name, byteCount: $0.byteCount, etag: $0.etag, entry: $0)
      }
    case .perEvent:
      var objects: [Object] = []
      try await bucket.listing.each(prefix: bucket.place.events) { object in
        if let id = bucket.place.eventId(object.key) {
          objects.append(
            Object(
              key: object.key, name: BatchName(firstId: id, lastId: id), byteCount: object.size,
              etag: object.etag,
              entry: nil))
        }
        return true
      }
      return objects.sorted { $0.name < $1.name }
    }
  }

  /// Objects that begin with the same event as a longer one, and unknown keys below the prefix: in
  /// the order of the listing, without `superseded/` and our own files.
  package func strayKeys(_ layout: S3Manifest.Layout) async throws(SinkError) -> [String] {
    let place = bucket.place
    let known = Set(try await objects(layout).map(\.key))
    var stray: [String] = []
    try await bucket.listing.each(prefix: layout == .batches ? place.root : place.events) {
      object in
      let isOwn =
        known.contains(object.key) || object.key == place.manifest || object.key == place.owner
        || object.key.hasPrefix(place.superseded) || place.isOfAnotherGeneration(object.key)
      if !isOwn { stray.append(object.key) }
      return true
    }
    return stray
  }

  /// The keys in `superseded/`.
  package func supersededKeys() async throws(SinkError) -> [String] {
    var keys: [String] = []
    try await bucket.listing.each(prefix: bucket.place.superseded) { object in
      keys.append(object.key)
      return true
    }
    return keys
  }

  /// The JSON lines of an object, each with its line feed, unpacked.
  ///
  /// - Parameter limit: the most bytes they may have; that much memory is used, plus the compressed
  ///   bytes.
  /// - Throws: `SinkError`; its `code` is `damaged` if the object cannot be unpacked, `NoSuchKey`
  ///   if it is gone.
  package func lines(of object: Object, limit: Int = 1 << 30) async throws(SinkError) -> [UInt8] {
    if let entry = object.entry { return try await bucket.lines(of: entry, limit: limit) }
    guard object.byteCount <= limit else {
      throw bucket.damaged(
        object.key, "it has \(object.byteCount) bytes, and \(limit) at most were expected")
    }
    var line = try await bucket.client.get(object.key)
    if line.last != 0x0A { line.append(0x0A) }
    return line
  }
}
