package import Compression
internal import EventArchive
package import EventPersistence

/// Stores batches of events as objects of JSON lines in a bucket of S3, or of a compatible server.
///
/// A batch's limits and its key are functions of the log alone (`BatchRule`, `S3Place`), so that a
/// replay writes the same objects again, byte for byte, and never a second copy. Each batch has an
/// object, even if none of its events was selected: so the names alone show, without a hole, which
/// events were processed.
///
/// The trade-off: one object a minute by default, which a bucket can hold for years without a
/// server of its own; in return events wait up to a minute.
package actor S3Sink: EventSink {
  package struct Options: Sendable {
    package var address: S3Address
    /// The prefix of all keys; slashes at its ends are ignored. Empty: the whole bucket is ours.
    package var prefix: String
    /// Which of the node's logs is stored there.
    package var generation = 1
    /// A profile of the shared credentials file; nil: as the environment says.
    package var profile: String?
    package var layout: S3Manifest.Layout
    package var content: S3Manifest.Content
    package var compression: Compression
    package var objects: ObjectOptions
    package var rule: BatchRule
    /// How long to wait for a batch after the end of its interval.
    package var grace: Duration
    /// The driver's selection, noted beside the batches.
    package var selection: Selection
    /// A file of this secondary's state folder that identifies its objects; nil if no other driver
    /// can store there.
    package var ownerFile: String?
    /// The secondary as a command line names it.
    package var argument = "NAME"
    /// Where to find credentials.
    package var environment: [String: String]
    /// How long a server may be silent.
    package var timeout: Duration
    package var limits: BatchLimits
    /// The time of day that requests are signed with.
    package var wall: @Sendable () -> EventTime

    package init(
      address: S3Address, prefix: String = "", profile: String? = nil,
      layout: S3Manifest.Layout = .batches, content: S3Manifest.Content = .events,
      compression: Compression = .zstd, objects: ObjectOptions = ObjectOptions(),
      rule: BatchRule = BatchRule(),
      grace: Duration = .seconds(10), selection: Selection = .all, ownerFile: String? = nil,
      environment: [String: String] = [:], timeout: Duration = .seconds(60),
      limits: BatchLimits = BatchLimits(), wall: @escaping @Sendable () -> EventTime = { .now }
    ) {
      self.address = address
      self.prefix = prefix
      self.profile = profile
      self.layout = layout
      self.content = content
      self.compression = compression
      self.objects = objects
      self.rule = rule
      self.grace = grace
      self.selection = selection
      self.ownerFile = ownerFile
      self.environment = environment
      self.timeout = timeout
      self.limits = limits
      self.wall = wall
    }
  }

  package nonisolated let description: SinkDescription
  package nonisolated let restInterval: Duration? = nil

  private nonisolated let executor = BlockingExecutor(label: "s3")
  // Compressing 16 MiB takes time.
  package nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  let options: Options
  nonisolated let bucket: S3Bucket
  var place: S3Place { bucket.place }
  var client: S3Client { bucket.client }
  var isOpen = false
  /// When the note of the owner was last seen to be this driver's.
  private var ownedAt: EventTime?
  /// The manifest as stored beside the objects.
  private var manifest: S3Manifest?
  var heldDays = HeldDays()
  /// The last id that is held; nil if nothing is.
  var highestId: UInt64?
  /// Whether the objects before the next batch were checked.
  var isSettled = false
  /// The object that was put last, if it holds only events from the log.
  var lastOwnKey: String?
  /// The objects of the batches that were begun.
  var window: UploadWindow
  private var notes: [String] = []
  private var objectsPut = 0
  private var bytesPut = 0
  private var lastKey: String?

  package init(_ options: Options) {
    self.options = options
    bucket = S3Bucket(options)
    window = UploadWindow(timeout: options.timeout)
    description = options.description
  }

  /// The shared credentials file: when it changes, a refused request may succeed.
  package nonisolated var watchedFiles: [String] {
    [SharedCredentialsFile.path(environment: options.environment)]
  }

  package func newestGeneration() async throws(SinkError) -> Int? {
    try await bucket.generations().last
  }

  /// Claims the prefix for this state directory, compares the options with those that it was begun
  /// with, and returns what is held, from the listings of the last two days. About a dozen
  /// requests.
  package func open() async throws(SinkError) -> Holdings {
    await close()
    try await bucket.take(options.ownerFile)
    ownedAt = options.wall()
    let manifest = try await settleManifest()
    self.manifest = manifest.manifest
    let holdings: Holdings
    switch options.layout {
    case .batches:
      let last = try await lastHeld()
      highestId = last?.eventId
      holdings = .through(last)
    case .perEvent:
      // A listing cannot give ids without padding in order from the end.
      holdings = manifest.isNew ? .through(nil) : .unknown
    }
    isOpen = true
    return holdings
  }

  package func put(_ batch: EventBatch) async throws(SinkError) {
    guard isOpen else { throw Self.notOpen }
    try await settle()
    try await confirmOwner()
    switch options.layout {
    case .batches:
      try await putObject(of: batch)
      passed(batch)
    case .perEvent: try await putEach(of: batch)
    }
  }

  /// The objects before and around `batch` were checked, and it is stored or begun.
  func passed(_ batch: EventBatch) {
    isSettled = true
    highestId = max(highestId ?? 0, batch.last.eventId)
  }

  /// How long the prefix counts as this driver's without a look. Less than a driver must be silent
  /// for (`S3TakeOver.silenceMin`) before another one takes its prefix over: so a driver that was
  /// only slow notices it before it stores anything more.
  private static let ownedFor = 60.0

  func confirmOwner() async throws(SinkError) {
    let now = options.wall()
    if let ownedAt, abs(now.seconds(since: ownedAt)) < Self.ownedFor { return }
    try await bucket.take(options.ownerFile)
    ownedAt = now
  }

  /// Objects before the events that come again are checked again.
  package func willDeliverAgain(after position: Position?) async { isSettled = false }

  package func takeNotes() async -> [String] {
    defer { notes = [] }
    return notes
  }

  func note(_ text: String) {
    if notes.count < Self.notesMax { notes.append(text) }
  }

  private static let notesMax = 100

  /// Whether the manifest does not yet say that these events are not as the node stored them.
  func isNews(_ entries: [EventBatch.Entry]) -> Bool { manifest?.noting(entries) != nil }

  /// Notes in the manifest which of these events are not as the node stored them.
  func note(_ entries: some Collection<EventBatch.Entry>) async throws(SinkError) {
    guard let noted = manifest?.noting(entries) else { return }
    try await client.put(Payload(noted.bytes), key: place.manifest, contentType: "application/json")
    manifest = noted
  }

  private static let notOpen = SinkError(
    .retry, code: "closed", "The bucket must be opened (again) before anything is stored.")

  package func close() async {
    await abandonBegun()
    isOpen = false
    forgetHeld()
  }

  private func forgetHeld() {
    heldDays = HeldDays()
    isSettled = false
    lastOwnKey = nil
  }

  package func facts() async -> [String: String] {
    var facts = [
      "endpoint": bucket.client.address.shown, "objects put": String(objectsPut),
      "bytes put": String(bytesPut), "failed requests": String(client.session.failureCount),
    ]
    if options.generation > 1 { facts["prefix"] = place.root }
    facts["last object"] = lastKey
    if let found = await client.credentials.facts {
      facts["credentials"] = "\(found.origin)"
      facts["credentials end"] = found.expiration.map { $0.text(fractionDigits: 0) }
    }
    facts["server's clock"] = client.clock.secondsAhead.map {
      "\(abs($0)) s \($0 > 0 ? "ahead of" : "behind") this machine's"
    }
    return facts
  }

  func counted(_ key: String, _ byteCount: Int) {
    objectsPut += 1
    bytesPut += byteCount
    lastKey = key
  }

  // MARK: - Opening

  /// Writes the manifest if there is none, or if other tags are selected from now on.
  private func settleManifest() async throws(SinkError) -> (manifest: S3Manifest, isNew: Bool) {
    let own = S3Manifest(
      layout: options.layout, content: options.content, compression: options.compression.rawValue,
      rule: options.rule, tags: options.tags)
    guard let found = try await bucket.manifest() else {
      guard try await isEmpty() else {
        throw SinkError(
          .stop, code: "NoManifest",
          "\(target) holds batches but no \(place.manifest), which says how they were made: "
            + "restore it, or choose another prefix.")
      }
      try await client.put(Payload(own.bytes), key: place.manifest, contentType: "application/json")
      return (own, true)
    }
    let next = try found.followed(by: own, at: target)
    if next != found {
      try await client.put(
        Payload(next.bytes), key: place.manifest, contentType: "application/json")
    }
    return (next, false)
  }

  private func isEmpty() async throws(SinkError) -> Bool {
    switch options.layout {
    case .batches: try await bucket.listing.isEmpty()
    case .perEvent: try await client.list(prefix: place.events, max: 1).objects.isEmpty
    }
  }

  /// The last event of the batch that ends last. The node's clock may have been set back, so the
  /// day before the last is checked too.
  private func lastHeld() async throws(SinkError) -> Position? {
    var last: S3Listing.Entry?
    for day in try await bucket.listing.days(last: 2) {
      for entry in try await bucket.listing.batches(day: day)
      where last.map({ $0.name.endsBefore(entry.name) }) ?? true {
        last = entry
      }
    }
    guard let last else { return nil }
    return try await bucket.lastPosition(of: last)
  }

  // MARK: - Divergence

  /// The last event held of an id below `id`; nil with `layout: per-event`, which cannot tell.
  package func position(before id: UInt64) async throws(SinkError) -> Position? {
    guard options.layout == .batches else { return nil }
    return try await bucket.position(before: id)
  }

  /// Moves the objects that hold anything after `position` to `superseded/`; with nil, all of them.
  /// Lists the whole prefix, and makes two requests for each object.
  package func supersede(after position: Position?) async throws(SinkError) {
    forgetHeld()
    switch options.layout {
    case .batches: try await bucket.supersedeBatches(after: position)
    case .perEvent: try await bucket.supersedeEvents(after: position)
    }
  }
}

extension BatchName {
  /// Of two batches that end with the same id, the one that begins later ends last.
  fileprivate func endsBefore(_ other: BatchName) -> Bool {
    (lastId, firstId, ordinal) < (other.lastId, other.firstId, other.ordinal)
  }
}

extension S3Sink.Options {
  /// The description of a sink with these options.
  package var description: SinkDescription {
    let root = S3Place(prefix: prefix).base
    let server = address.endpoint == nil ? "" : " at \(address.shown)"
    let isBatched = layout == .batches
    return SinkDescription(
      kind: .s3, target: "s3://\(address.bucket)/\(root.dropLast())\(server)",
      batching: Batching(
        limits: limits, timeout: timeout * 2, rule: isBatched ? rule : nil, grace: grace,
        grouping: isBatched ? .whole : .pieces))
  }

  /// The tags to note; `select` already says that transactions are selected.
  var tags: [String]? {
    switch selection {
    case .all: nil
    case .tags(let tags): content == .transactions ? nil : tags.sorted()
    }
  }
}
