package import EventPersistence

/// Taking over a prefix that belongs to the state directory of a driver that is gone.
package struct S3TakeOver: Sendable {
  /// What is known about the driver whose prefix it is.
  package struct Finding: Sendable, Hashable {
    /// The machine and the folder of its state; nil if the prefix is nobody's.
    package var owner: String?
    /// Whether it is this state directory's already.
    package var isOwn: Bool
    /// When anything was last stored there, by the server's clock; nil if nothing was.
    package var writtenAt: EventTime?
    package var now: EventTime

    /// Whether it may be running.
    package var mayLive: Bool {
      writtenAt.map { now.seconds(since: $0) < S3TakeOver.silenceMin } ?? false
    }
  }

  /// For how many seconds nothing must have been stored by a driver of another machine. Batches of
  /// a node that follows a chain come several times in that time.
  package static let silenceMin = 600.0

  private let bucket: S3Bucket
  private let ownerFile: String
  private let layout: S3Manifest.Layout

  /// - Parameter ownerFile: of this secondary's state folder.
  package init(_ options: S3Sink.Options, ownerFile: String) {
    bucket = S3Bucket(options)
    layout = options.layout
    self.ownerFile = ownerFile
  }

  /// Whose the prefix is, and since when it is silent. Lists its last two days.
  package func look() async throws(SinkError) -> Finding {
    let noted = try await bucket.notedOwner()
    let own = try S3Owner.known(ownerFile)
    var finding = Finding(
      owner: noted?.name, isOwn: noted != nil && noted?.id == own?.id, now: bucket.client.clock.now)
    var prefixes = [bucket.place.owner, bucket.place.manifest]
    switch layout {
    case .batches:
      for day in try await bucket.listing.days(last: 2) { prefixes.append(bucket.place.root + day) }
    case .perEvent: prefixes.append(bucket.place.events)
    }
    for prefix in prefixes {
      try await bucket.listing.each(prefix: prefix) { object in
        finding.writtenAt = [finding.writtenAt, object.writtenAt].compactMap(\.self).max()
        return true
      }
    }
    return finding
  }

  /// Notes that the prefix is this state directory's from now on.
  package func execute() async throws(SinkError) {
    let own = try S3Owner.own(ownerFile)
    try await bucket.note(own, ifAbsent: false)
    _ = try await bucket.owner(besides: own)
  }
}
