public import Compression
public import EventPersistence

/// Stores batches of events as objects of JSON lines in a bucket of S3, or of a server that is compatible.
///
/// A batch's limits and its key are functions of the log alone (`BatchRule`, `S3Place`), so that a replay
/// writes the same objects again, byte for byte, and never a second copy. Each batch has an object, also one
/// of which no event was selected: so the names alone tell what was looked at, without a hole.
///
/// The trade-off: an object a minute by default, which a bucket without a server of its own can hold for
/// years, at the price of events that are held back for as long.
public actor S3Sink: EventSink {
  public struct Options: Sendable {
    public var address: S3Address
    /// What keys begin with; slashes at its ends do not count. Empty: the whole bucket is ours.
    public var prefix: String
    /// Of the shared credentials file; nil: whatever the environment says.
    public var profile: String?
    public var layout: S3Manifest.Layout
    public var content: S3Manifest.Content
    public var compression: Compression
    public var rule: BatchRule
    /// How long behind the end of its interval a batch is still waited for.
    public var grace: Duration
    /// What the driver selects: noted beside the batches.
    public var selection: Selection
    /// A file of this secondary's state folder, which tells its objects from another state directory's; nil
    /// where nobody else can be there.
    public var ownerFile: String?
    /// Where credentials are looked for.
    public var environment: [String: String]
    /// How long a server may keep silent.
    public var timeout: Duration
    public var limits: BatchLimits
    /// The time of day that requests are signed with.
    public var wall: @Sendable () -> EventTime

    public init(
      address: S3Address, prefix: String = "", profile: String? = nil,
      layout: S3Manifest.Layout = .batches, content: S3Manifest.Content = .events,
      compression: Compression = .zstd, rule: BatchRule = BatchRule(),
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

  public nonisolated let kind = "s3"
  public nonisolated let target: String
  public nonisolated let batching: Batching

  private nonisolated let executor = BlockingExecutor(label: "s3")
  // Packing 16 MiB takes its time.
  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  let options: Options
  nonisolated let bucket: S3Bucket
  var place: S3Place { bucket.place }
  var client: S3Client { bucket.client }
  private var isOpen = false
  /// As it stands beside the objects.
  private var manifest: S3Manifest?
  /// The batches of the day that was stored to last.
  var day: (text: String, names: Set<BatchName>)?
  private var objectsPut = 0
  private var bytesPut = 0
  private var lastKey: String?

  public init(_ options: Options) {
    self.options = options
    bucket = S3Bucket(options)
    target = bucket.target
    batching = Batching(
      limits: options.limits, timeout: options.timeout * 2,
      rule: options.layout == .batches ? options.rule : nil, grace: options.grace,
      delivery: options.layout == .batches ? .whole : .pieces)
  }

  /// The shared credentials file: when it changes, what was refused may be granted.
  public nonisolated var watchedFiles: [String] {
    [SharedCredentialsFile.path(environment: options.environment)]
  }

  /// Takes the prefix for this state directory, compares the options with those that it was begun with, and
  /// tells what is held: of the last two days, by their listing. A dozen requests.
  public func open() async throws(SinkError) -> Holdings {
    isOpen = false
    day = nil
    try await bucket.take(options.ownerFile)
    let manifest = try await settleManifest()
    self.manifest = manifest.manifest
    let holdings: Holdings
    switch options.layout {
    case .batches: holdings = .through(try await lastHeld())
    case .perEvent:
      // Ids without padding are in no order that a listing could give from its end.
      holdings = manifest.isNew ? .through(nil) : .unknown
    }
    isOpen = true
    return holdings
  }

  public func put(_ batch: EventBatch) async throws(SinkError) {
    guard isOpen else { throw Self.notOpen }
    // Before the events: what stands there is never taken for more than it is.
    if let noted = manifest?.noting(batch) {
      try await client.put(noted.bytes, key: place.manifest, contentType: "application/json")
      manifest = noted
    }
    switch options.layout {
    case .batches: try await putObject(of: batch)
    case .perEvent: try await putEach(of: batch)
    }
  }

  private static let notOpen = SinkError(
    .retry, code: "closed", "The bucket must be looked at (again) before anything is stored.")

  public func close() async {
    isOpen = false
    day = nil
  }

  public func facts() async -> [String: String] {
    var facts = [
      "endpoint": bucket.client.address.shown, "objects put": String(objectsPut),
      "bytes put": String(bytesPut), "failed requests": String(client.session.failureCount),
    ]
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

  private func counted(_ key: String, _ byteCount: Int) {
    objectsPut += 1
    bytesPut += byteCount
    lastKey = key
  }

  // MARK: - Opening

  /// Writes the manifest where there is none, or where other tags are selected from now on.
  private func settleManifest() async throws(SinkError) -> (manifest: S3Manifest, isNew: Bool) {
    let own = S3Manifest(
      layout: options.layout, content: options.content, compression: options.compression.rawValue,
      rule: options.rule, tags: options.tags)
    guard let found = try await bucket.manifest() else {
      guard try await isEmpty() else {
        throw SinkError(
          .stop, code: "NoManifest",
          "\(target) holds batches, and no \(place.manifest) that says how they were made: put it back, "
            + "or choose another prefix.")
      }
      try await client.put(own.bytes, key: place.manifest, contentType: "application/json")
      return (own, true)
    }
    let next = try found.followed(by: own, at: target)
    if next != found {
      try await client.put(next.bytes, key: place.manifest, contentType: "application/json")
    }
    return (next, false)
  }

  private func isEmpty() async throws(SinkError) -> Bool {
    switch options.layout {
    case .batches: try await bucket.listing.isEmpty()
    case .perEvent: try await client.list(prefix: place.events, max: 1).objects.isEmpty
    }
  }

  /// The last event of the batch that ends last. The node's clock may have been set back, so the day before
  /// the last is looked at, too.
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

  // MARK: - Batches

  private func putObject(of batch: EventBatch) async throws(SinkError) {
    let run = batch.run ?? BatchRun(first: batch.first, isComplete: false)
    let object = BatchObject(content: options.content, compression: options.compression)
    let name = BatchName(run, last: batch.last, suffix: options.compression.suffix)
    let text = S3Place.day(of: run.first)
    let key = place.key(day: text, name)
    let bytes = object.bytes(of: batch)
    if day?.text != text {
      // Once a day of the log: which shorter objects a longer one takes the place of.
      let names = try await bucket.listing.batches(day: text).map(\.name)
      day = (text, Set(names))
    }
    try await client.put(
      bytes, key: key, contentType: object.contentType,
      metadata: [
        ("schema", String(S3Manifest.currentSchema)), ("first", PositionHeader.text(run.first)),
        ("last", PositionHeader.text(batch.last)), ("events", String(batch.entries.count)),
        ("span", String(batch.spanCount)),
      ])
    counted(key, bytes.count)
    let others = day!.names.filter {
      $0.firstId == name.firstId && $0.twin == name.twin && $0 != name
    }
    for other in others {
      if other.lastId < name.lastId {
        // Readers take the longest, so it may go last.
        try await client.delete(place.key(day: text, other))
        day!.names.remove(other)
      } else if run.isComplete {
        // The log says now that the batch ends before.
        try await bucket.setAside(place.key(day: text, other))
        day!.names.remove(other)
      }
    }
    if run.isComplete {
      // Ids rise, so nothing else begins within a batch that is whole: what does was stored by somebody else,
      // or twice. What begins with the last id can be the next batch, with a twin of it.
      let strays = day!.names.filter {
        $0 != name && (name.firstId..<name.lastId).contains($0.firstId) && $0.lastId <= name.lastId
          && ($0.firstId, $0.twin) != (name.firstId, name.twin)
      }
      for stray in strays {
        try await bucket.setAside(place.key(day: text, stray))
        day!.names.remove(stray)
      }
    }
    day!.names.insert(name)
  }

  // MARK: - Events

  /// How many events are stored at once.
  private static let atOnceMax = 8

  private func putEach(of batch: EventBatch) async throws(SinkError) {
    // Of two events with one id the later stays: the earlier one need not be sent.
    var entries: [EventBatch.Entry] = []
    for entry in batch.entries {
      if entries.last?.position.eventId == entry.position.eventId { entries.removeLast() }
      entries.append(entry)
    }
    let client = client
    let place = place
    var error: SinkError?
    await withTaskGroup(of: Result<(String, Int), SinkError>.self) { group in
      var rest = entries[...]
      func add() {
        guard let entry = rest.popFirst() else { return }
        group.addTask {
          let bytes = batch.withBytes(of: entry) { [UInt8]($0) }
          let key = place.event(entry.position.eventId)
          do throws(SinkError) {
            try await client.put(bytes, key: key, contentType: "application/json")
            return .success((key, bytes.count))
          } catch {
            return .failure(error)
          }
        }
      }
      for _ in 0..<Self.atOnceMax { add() }
      for await result in group {
        switch result {
        case .success((let key, let byteCount)):
          counted(key, byteCount)
          if error == nil { add() }
        case .failure(let failure): error = error ?? failure
        }
      }
    }
    if let error { throw error }
  }

  // MARK: - Divergence

  /// The last event held of an id below `id`; nil with `layout: per-event`, which cannot tell.
  public func position(before id: UInt64) async throws(SinkError) -> Position? {
    guard options.layout == .batches else { return nil }
    return try await bucket.position(before: id)
  }

  /// Moves the objects that hold anything behind `position` to `superseded/`; with nil, all of them. Lists
  /// the whole prefix, and takes two requests an object.
  public func supersede(after position: Position?) async throws(SinkError) {
    day = nil
    switch options.layout {
    case .batches: try await bucket.supersedeBatches(after: position)
    case .perEvent: try await bucket.supersedeEvents(after: position)
    }
  }
}

extension BatchName {
  /// Of two that end with the same id, the one with the later twins ends last.
  fileprivate func endsBefore(_ other: BatchName) -> Bool {
    (lastId, firstId, twin) < (other.lastId, other.firstId, other.twin)
  }
}

extension S3Sink.Options {
  /// The tags to note: the selection of transactions is told by the content.
  var tags: [String]? {
    switch selection {
    case .all: nil
    case .tags(let tags): content == .transactions ? nil : tags.sorted()
    }
  }
}
