import Compression
internal import EventArchive
import EventArchive
import EventPersistence
import Foundation

/// A prefix of a bucket: what a sink and a reader of it have in common.
struct S3Bucket: Sendable {
  let place: S3Place
  let client: S3Client
  let target: String
  var listing: S3Listing { S3Listing(client: client, place: place) }

  init(_ options: S3Sink.Options) {
    place = S3Place(prefix: options.prefix)
    let session = HTTPSession(timeout: options.timeout)
    client = S3Client(
      address: options.address,
      credentials: CredentialsProvider(
        profile: options.profile, environment: options.environment, session: session),
      session: session, clock: ServerClock(wall: options.wall))
    target = options.description.target
  }

  func manifest() async throws(SinkError) -> S3Manifest? {
    guard let bytes = try await client.getIfPresent(place.manifest) else { return nil }
    return try S3Manifest(bytes, of: "\(place.manifest) of \(client.address.bucket)")
  }

  // MARK: - Whose it is

  /// Notes that the prefix is that of the secondary whose state folder has `file`.
  ///
  /// - Throws: `.held` where it is somebody else's.
  func take(_ file: String?) async throws(SinkError) {
    guard let file else { return }
    let own = try S3Owner.own(file)
    if try await owner(besides: own) == own { return }
    do throws(SinkError) {
      try await note(own, ifAbsent: true)
    } catch  where error.code == "PreconditionFailed" {
      // Somebody was faster: whoever it is stands there now.
    } catch  where error.code == "NotImplemented" {
      try await note(own, ifAbsent: false)
    }
    // Read back, for a server that does not know the condition.
    if try await owner(besides: own) == nil {
      throw SinkError(
        .retry, code: "NoOwner",
        "\(place.owner) was written to \(target) and is not there. It is tried again.")
    }
  }

  private func note(_ owner: S3Owner, ifAbsent: Bool) async throws(SinkError) {
    try await client.put(
      owner.bytes, key: place.owner, contentType: "application/json", ifAbsent: ifAbsent)
  }

  /// `own` where the note says so, nil where there is none.
  func owner(besides own: S3Owner?) async throws(SinkError) -> S3Owner? {
    guard let bytes = try await client.getIfPresent(place.owner) else { return nil }
    let noted = S3Owner(bytes)
    if let noted, noted.id == own?.id { return own }
    throw SinkError(
      .held, code: "held",
      "\(target) belongs to \(noted?.name ?? "somebody who cannot be read"), as \(place.owner) there says, "
        + "and not to this state directory. Choose another prefix; or, if that one is gone for good, remove "
        + "the note.")
  }

  // MARK: - Objects

  /// The last event that a batch stands for; of an object that lost its description, the id alone.
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
  /// - Parameter limit: how many bytes they may be.
  func lines(of entry: S3Listing.Entry, limit: Int) async throws(SinkError) -> [UInt8] {
    let key = key(entry)
    guard entry.byteCount <= limit else {
      throw damaged(key, "it has \(entry.byteCount) bytes, and \(limit) at most were expected")
    }
    let bytes = try await client.get(key)
    // The name says how an object is packed.
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

  /// Puts an object into `superseded/` as well, under a name that is not taken, and then removes it where it
  /// is. What a crash left there of it already is not copied again.
  ///
  /// - Parameter removes: false: it stays, to be replaced.
  /// - Returns: the name in `superseded/`; nil where the object is gone: an earlier attempt got so far.
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
