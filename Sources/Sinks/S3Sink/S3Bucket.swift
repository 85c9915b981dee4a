import Compression
internal import EventArchive
import EventArchive
import EventPersistence
import Foundation

/// A prefix of a bucket: what a sink and a reader share.
struct S3Bucket: Sendable {
  let place: S3Place
  let client: S3Client
  let target: String
  private let takeOver: String
  var listing: S3Listing { S3Listing(client: client, place: place) }

  init(_ options: S3Sink.Options) {
    place = S3Place(prefix: options.prefix, generation: options.generation)
    let session = HTTPSession(timeout: options.timeout)
    client = S3Client(
      address: options.address, objects: options.objects,
      credentials: CredentialsProvider(
        profile: options.profile, environment: options.environment, session: session),
      session: session, clock: ServerClock(wall: options.wall))
    target = options.description.target
    takeOver = "hydra-sinks adopt \(options.argument) --take-over"
  }

  func manifest() async throws(SinkError) -> S3Manifest? {
    guard let bytes = try await client.getIfPresent(place.manifest) else { return nil }
    return try S3Manifest(bytes, of: "\(place.manifest) of \(client.address.bucket)")
  }

  /// The generations that the prefix holds, rising: none if nothing was stored there. Two requests,
  /// and one more for each generation.
  func generations() async throws(SinkError) -> [Int] {
    var found: [Int] = []
    var next: String?
    repeat {
      let page = try await client.list(prefix: place.base + "g", delimiter: "/", page: next)
      found += page.prefixes.compactMap(place.generation)
      next = page.next
    } while next != nil
    // Objects below such a prefix, without a manifest, are somebody's.
    var held: [Int] = []
    for generation in [1] + found.sorted() {
      let manifest = S3Place(prefix: place.base, generation: generation).manifest
      let listed = try await client.list(prefix: manifest, max: 1).objects
      if listed.contains(where: { $0.key == manifest }) { held.append(generation) }
    }
    return held
  }

  // MARK: - The owner

  /// Notes that the prefix belongs to the secondary whose state folder has `file`.
  ///
  /// - Throws: `.held` if it belongs to another.
  func take(_ file: String?) async throws(SinkError) {
    guard let file else { return }
    let own = try S3Owner.own(file)
    if try await owner(besides: own) == own { return }
    do throws(SinkError) {
      try await note(own, ifAbsent: true)
    } catch  where error.code == "PreconditionFailed" {
      // Another driver was faster: read its note.
    } catch  where error.code == "NotImplemented" {
      try await note(own, ifAbsent: false)
    }
    // Read it back, since some servers ignore the condition.
    if try await owner(besides: own) == nil {
      throw SinkError(
        .retry, code: "NoOwner",
        "\(place.owner) was written to \(target) but is missing. hydra-sinks tries again.")
    }
  }

  func note(_ owner: S3Owner, ifAbsent: Bool) async throws(SinkError) {
    try await client.put(
      Payload(owner.bytes), key: place.owner, contentType: "application/json", ifAbsent: ifAbsent)
  }

  /// `own` if the note names it, nil if there is none.
  func owner(besides own: S3Owner?) async throws(SinkError) -> S3Owner? {
    guard let noted = try await notedOwner() else { return nil }
    if noted.id == own?.id { return own }
    throw SinkError(
      .held, code: "held",
      "\(target) belongs to another state directory (\(noted.name)), according to "
        + "\(place.owner) in the bucket. Choose another prefix or, if no driver uses that state "
        + "directory any more, take it over: \(takeOver)")
  }

  /// Whose the prefix is according to the note in it; nil if there is none.
  func notedOwner() async throws(SinkError) -> S3Owner? {
    guard let bytes = try await client.getIfPresent(place.owner) else { return nil }
    return S3Owner(bytes) ?? S3Owner(id: "", name: "an unreadable owner")
  }

  // MARK: - Objects

  /// The last event of a batch; only its id if the object lost its metadata.
  func lastPosition(of entry: S3Listing.Entry) async throws(SinkError) -> Position {
    let described = try await client.metadata(key(entry))
    let position = PositionHeader.position(described?["last"])
    guard let position, position.eventId == entry.name.lastId else {
      return Position(eventId: entry.name.lastId)
    }
    return position
  }

  func key(_ entry: S3Listing.Entry) -> String { place.key(day: entry.day, entry.name) }

  /// The lines of a batch's object.
  ///
  /// - Parameter limit: the most bytes they may have.
  func lines(of entry: S3Listing.Entry, limit: Int) async throws(SinkError) -> [UInt8] {
    let key = key(entry)
    guard entry.byteCount <= limit else {
      throw damaged(key, "it has \(entry.byteCount) bytes, and \(limit) at most were expected")
    }
    let bytes = try await client.get(key)
    // The name says how an object is compressed.
    let compression = Compression.allCases.first { $0.suffix == entry.name.suffix }!
    do throws(CompressionError) {
      return try compression.unpack(bytes, limit: limit)
    } catch {
      throw damaged(key, "\(error)")
    }
  }

  func damaged(_ key: String, _ why: String) -> SinkError {
    SinkError(.stop, code: "damaged", "\(key) of \(client.address.bucket) cannot be read: \(why).")
  }

  /// Copies an object into `superseded/`, under a free name, then removes the original. If a crash
  /// left a copy there, it is not copied again.
  ///
  /// - Parameter removes: whether the original is removed; if not, it stays to be replaced.
  /// - Returns: the name in `superseded/`; nil if the object is gone, removed by an earlier
  ///   attempt.
  @discardableResult
  func setAside(_ key: String, removes: Bool = true) async throws(SinkError) -> String? {
    let stem = place.superseded + key.dropFirst(place.root.count) + "."
    let taken = try await client.list(prefix: stem).objects
    let original = try await client.list(prefix: key, max: 1).objects.first { $0.key == key }
    guard let original else { return nil }
    var aside = taken.first { $0.etag == original.etag && $0.size == original.size }?.key
    if aside == nil {
      var number = 1
      while taken.contains(where: { $0.key == "\(stem)\(number)" }) { number += 1 }
      aside = "\(stem)\(number)"
      try await client.copy(key, to: aside!)
    }
    if removes { try await client.delete(key) }
    return aside
  }
}
