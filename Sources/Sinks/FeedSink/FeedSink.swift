package import EventPersistence

/// Serves the log on a WebSocket, in the form of a hydra-node's API, to consumers like Oura and Scrolls.
///
/// A reader of its own serves each consumer from the log, at the consumer's pace: with
/// `?history=yes` from the log's start, with `?from=SEQ` from there, else from now on. A `put`
/// stores nothing; it waits until the consumers have answered for the batch:
///
/// * *Delivered* means that the consumer answered a ping that was sent after the batch's last frame
///   (a batch without frames has a ping too). So the consumer has received the batch; a pong does
///   not say whether it has processed it.
/// * Only consumers whose stream began at or before the event after the checkpoint count; of
///   several, the slowest decides. With no consumer connected the checkpoint does not move, and the
///   driver says so.
/// * A rewind or a range ends the streams that have sent its events (close code 1012): their
///   consumers reconnect, ask again, and know by `seq` what they have.
///
/// The trade-off: the feed knows what a consumer has only after it answers, so each restart of the
/// driver or the consumer begins with reading the history again. In return it stores nothing for
/// any consumer, and a consumer that stops reading holds no more than a few reads (see
/// `FeedTiming.read`).
package actor FeedSink: EventSink {
  package struct Options: Sendable, Hashable {
    package var address: FeedAddress
    /// Which of the node's logs is served.
    package var generation = 1
    /// Origins of web pages whose scripts may connect, as browsers send them:
    /// `https://scrolls.example`.
    package var allowedOrigins: [String]
    /// Which events go out.
    package var selection: Selection
    /// What a consumer must show; nil: everyone who can connect can read.
    package var token: FeedToken?
    /// Whether a consumer that offers permessage-deflate gets compressed messages.
    package var compresses = false
    /// Whose members may connect to a Unix domain socket, besides its owner.
    package var userGroup: String?
    /// The most consumers at once; further ones get 503.
    package var consumersMax: Int
    package static let consumersMaxDefault = 64
    package var limits: BatchLimits
    var timing = FeedTiming()

    package init(
      address: FeedAddress, allowedOrigins: [String] = [], selection: Selection = .all,
      consumersMax: Int = consumersMaxDefault, limits: BatchLimits = BatchLimits()
    ) {
      self.address = address
      self.allowedOrigins = allowedOrigins
      self.selection = selection
      self.consumersMax = consumersMax
      self.limits = limits
    }

    /// What a person should know about who can connect; nil if only this machine can, or only those
    /// who have the token.
    package var openness: String? {
      guard !address.isLoopback, token == nil else { return nil }
      return "other machines can reach it, without encryption or a token, and can read every "
        + "transaction; set token-file, or put a firewall or a proxy in front"
    }

    /// The description of a sink with these options.
    package var description: SinkDescription {
      SinkDescription(
        kind: .feed, target: address.description,
        batching: Batching(limits: limits, timeout: .seconds(10)))
    }
  }

  package nonisolated let description: SinkDescription
  package nonisolated let restInterval: Duration? = nil

  private let options: Options
  private let source: any EventSource
  nonisolated let ledger: SharedLedger
  private let watch: LogWatch
  private var server: FeedServer?
  private var serving: Task<Void, Never>?
  /// The first event of the batch that was put and is not delivered.
  private var inHand: Position?
  /// The last event that was delivered.
  private var delivered: Position?

  /// - Parameter source: the log that the driver delivers from.
  package init(_ options: Options, source: any EventSource, clock: DriverClock = .system) {
    self.options = options
    self.source = source
    description = options.description
    ledger = SharedLedger(clock: clock)
    watch = LogWatch(source: source, clock: clock, interval: options.timing.interval)
  }

  // MARK: - Server

  /// Begins to listen. What consumers have is unknown until they connect.
  package func open() async throws(SinkError) -> Holdings {
    await close()
    // A token that cannot be read would keep everyone out.
    _ = try options.token?.read()
    let handshake = Handshake(
      address: options.address, allowedOrigins: options.allowedOrigins, token: options.token,
      compresses: options.compresses, consumersMax: options.consumersMax)
    let server = try await FeedServer.listen(
      handshake, sharedWith: options.userGroup, ledger: ledger)
    self.server = server
    if let warning = options.openness { ledger.withLock { $0.note("\(target): \(warning).") } }
    let (source, watch, ledger, options) = (source, watch, ledger, options)
    // It runs until `close`, which awaits it.
    serving = Task {
      await withDiscardingTaskGroup { group in
        for await connection in server.connections {
          group.addTask {
            await ConsumerStream(
              to: connection, from: source, watch: watch, ledger: ledger,
              selection: options.selection, generation: options.generation, timing: options.timing
            ).run()
          }
        }
        group.cancelAll()
      }
    }
    return .unknown
  }

  /// Ends the streams with the close code 1012 (service restart): their consumers connect again, to
  /// the next driver or the next generation.
  package func close() async {
    guard let server else { return }
    self.server = nil
    await server.stopListening()
    serving?.cancel()
    await serving?.value
    serving = nil
    await server.shutDown()
  }

  /// The port that it listens on; nil while it is closed.
  package var port: Int? { server?.port }

  // MARK: - Delivery

  /// Waits about a second for the pongs after `batch`. Then throws `wait` if no consumer is
  /// connected or the slowest is silent, `again` if the batch is still being sent; both with what
  /// all have answered for. A cancelled task stops waiting.
  package func put(_ batch: EventBatch) async throws(SinkError) {
    guard server != nil else {
      throw SinkError(.retry, code: "closed", "\(target) is not listening.")
    }
    inHand = batch.first
    let clock = ledger.clock
    let end = clock.now + options.timing.putMax
    var pause = Duration.milliseconds(1)
    while true {
      let now = clock.now
      let verdict = ledger.withLock { [options] in
        $0.verdict(
          first: batch.first, last: batch.last, silentAfter: options.timing.silentAfter, at: now)
      }
      if verdict == .delivered { break }
      guard now < end, !Task.isCancelled else {
        var error = error(verdict, batch)
        error.stored = ledger.withLock { $0.acknowledged(first: batch.first) }
        throw error
      }
      await clock.sleep(for: min(pause, end - now))
      pause = min(pause * 2, .milliseconds(50))
    }
    (inHand, delivered) = (nil, batch.last)
  }

  /// Ends the streams that have sent events after `position`, so that these are sent again.
  package func willDeliverAgain(after position: Position?) async {
    for id in ledger.withLock({ $0.dismiss(beyond: position) }) {
      server?.roster[id]?.close(
        1012,
        "the events after \(position.map(\.description) ?? "the start") are delivered again: "
          + "reconnect")
    }
  }

  private func error(_ verdict: ConsumerLedger.Verdict, _ batch: EventBatch) -> SinkError {
    let place = ConsumerText.grouped(batch.first.eventId)
    switch verdict {
    case .delivered, .underWay:
      return SinkError(.again, code: "under way", "The batch at \(place) is being delivered.")
    case .nobody(0):
      let refusal = ledger.withLock { $0.refusals.last }
      return SinkError(
        .wait, code: refusal.map { "\($0.name) \($0.phrase)" } ?? "no consumer connected",
        "No consumer is connected to \(target): the event \(place) waits for one that connects "
          + "with ?history=yes or ?from=\(batch.first.eventId)."
          + (refusal.map { " The last one, \($0.sentence)" } ?? ""))
    case .nobody(let others):
      return SinkError(
        .wait, code: "no consumer for these events",
        "The streams of the \(others) connected to \(target) begin after the event \(place), "
          + "which is the next to deliver: one must connect with ?history=yes or "
          + "?from=\(batch.first.eventId)."
      )
    case .silent(let id, let silence):
      let consumer = ledger.withLock { $0.consumers[id] }
      let title = consumer?.title ?? "a consumer"
      return SinkError(
        .wait, code: "\(title) is silent",
        "\(title) (\(consumer?.address ?? "gone")) has neither taken a byte nor answered a ping "
          + "for \(ConsumerText.time(silence)); the event \(place) waits for it. See whether it "
          + "still reads. It is dropped after \(ConsumerText.time(options.timing.dropAfter)).")
    }
  }

  // MARK: - Facts

  package func takeNotes() async -> [String] { ledger.withLock { $0.takeNotes() } }

  package func facts() async -> [String: String] {
    ledger.withLock { ledger in
      var facts = ["consumers": "\(ledger.count)"]
      facts["last violation"] = ledger.lastViolation
      facts["refused messages"] = ledger.refusals.last.map { "\($0.title) \($0.phrase)" }
      if ledger.withoutToken.count > 0 {
        facts["without the token"] =
          "\(ledger.withoutToken.count), the last from \(ledger.withoutToken.last)"
      }
      return facts
    }
  }

  package func consumers() async -> [ConsumerReport]? {
    let (first, delivered) = (inHand, delivered)
    let refusals = ledger.withLock { $0.refusals }
    return ledger.withLock { $0.inOrder }.map { consumer in
      let isAwaited =
        first.map { consumer.covers($0) } ?? delivered.map { consumer.hasNext(after: $0) } ?? false
      return ConsumerReport(
        consumer, isAwaited: isAwaited, refusal: refusals[consumer.origin], at: ledger.clock)
    }
  }
}
