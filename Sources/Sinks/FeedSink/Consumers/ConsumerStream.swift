internal import EventPersistence
internal import NIOCore

/// Reads the log for one consumer, at that consumer's pace: first the history, then the greeting,
/// then new events.
///
/// It is one reader throughout, so that no event can be lost, doubled or out of order between
/// history and live. The greeting comes where the head was when the consumer connected.
struct ConsumerStream {
  var connection: ConsumerConnection
  var source: any EventSource
  var watch: LogWatch
  var ledger: SharedLedger
  var selection: Selection
  var generation: Int
  var timing: FeedTiming

  private var clock: DriverClock { ledger.clock }
  private var id: Consumer.ID { connection.id }

  init(
    to connection: ConsumerConnection, from source: any EventSource, watch: LogWatch,
    ledger: SharedLedger, selection: Selection, generation: Int = 1, timing: FeedTiming
  ) {
    self.connection = connection
    self.source = source
    self.watch = watch
    self.ledger = ledger
    self.selection = selection
    self.generation = generation
    self.timing = timing
  }

  /// Serves the consumer until it disconnects or the task is cancelled.
  func run() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.serve() }
      group.addTask { await self.attend() }
      group.addTask { await self.connection.closed() }
      await group.next()
      group.cancelAll()
      // The last one waits for the socket.
      connection.close(1012, "the feed ends here: connect again")
    }
  }

  // MARK: - Events

  private func serve() async {
    var stream = await begin()
    while connection.isOpen, !Task.isCancelled {
      do throws(SourceError) {
        guard try await step(&stream) else { return }
        ledger.update(id) { consumer, _ in consumer.trouble = nil }
      } catch {
        switch error.kind {
        case .gap, .diverged:
          return connection.close(1011, error.message)
        case .missing, .ambiguous, .unreadable, .damaged, .unsupported, .changed:
          ledger.update(id) { consumer, _ in consumer.trouble = error.message }
          stream.begin(again: source)
          await clock.sleep(for: timing.retryEach)
        }
      }
    }
  }

  /// The progress of a stream.
  private struct Course {
    var reader: any EventReader
    /// Where the next reader begins if this one fails.
    var start: Start
    /// The head when the consumer connected; nil once it is reached.
    var border: Position?
    var isGreeted = false
    var last: Position?
    /// Whether nothing followed at the last look.
    var isWaiting = false
    /// Since when the log has not had what was sent last.
    var missingSince: Duration?
    var writer: FrameWriter
    var unsent: [EventLoopFuture<Void>] = []
    /// The next batch of the history, which was read while the last one was written.
    var ahead: EventBatch?

    /// Forgets what the reader has, and reads again from `start`.
    mutating func begin(again source: any EventSource) {
      reader = source.reader(from: start)
      ahead = nil
    }
  }

  private func begin() async -> Course {
    let head = await source.survey().head
    let beginning: Consumer.Beginning?
    let start: Start
    if let from = connection.request.from {
      (beginning, start) = (.id(from), .id(from))
    } else if let since = connection.request.since {
      (beginning, start) = (nil, .time(since))
    } else if !connection.request.wantsHistory, let head {
      (beginning, start) = (.after(head), .after(head))
    } else {
      // Without a log, its first event will be the first live one.
      (beginning, start) = (.first, .first)
    }
    ledger.update(id) { [request = connection.request] consumer, _ in
      consumer.beginning = beginning
      consumer.isObserver = request.isObserver
    }
    return Course(
      reader: source.reader(from: start), start: start,
      border: connection.request.asksForPast ? head : nil,
      writer: FrameWriter(
        requested: start == .first ? .none : .unknown, connection.request.choice,
        frames: MessageFrames(connection.deflate)))
  }

  /// Sends the next batch or the greeting, or waits; returns false if the stream ends.
  private func step(_ stream: inout Course) async throws(SourceError) -> Bool {
    if stream.border == nil, !stream.isGreeted {
      stream.isGreeted = true
      var frames = ByteBuffer()
      let greeting = Greetings.text(await source.survey().hydraHead, generation, at: clock.date)
      stream.writer.frames.write(text: greeting, into: &frames)
      return await send(frames, &stream)
    }
    // Only who waits at the head compares it.
    let token = stream.border == nil ? await watch.recent() : nil
    guard let batch = try await read(&stream) else {
      if stream.border != nil {
        stream.border = nil
      } else {
        if stream.isWaiting { try await confirm(&stream) }
        stream.isWaiting = true
        await wait(past: token, atMost: stream.missingSince.map { _ in timing.missingMax })
      }
      return true
    }
    stream.isWaiting = false
    stream.missingSince = nil
    try await checkNeighbour(batch, stream)
    let (reader, border) = (stream.reader, stream.border)
    async let next = readAhead(reader, through: border)
    let goesOn = try await send(batch, &stream)
    stream.ahead = await next
    return goesOn
  }

  private var limits: BatchLimits {
    timing.read(consumers: ledger.withLock { $0.count })
  }

  private func read(_ stream: inout Course) async throws(SourceError) -> EventBatch? {
    if let ahead = stream.ahead.take() { return ahead }
    return try await stream.reader.next(limits, through: stream.border)
  }

  /// The next batch of the history; nil if the history ends, or cannot be read: the next read says
  /// which.
  private func readAhead(_ reader: any EventReader, through border: Position?) async -> EventBatch?
  {
    guard let border else { return nil }
    return try? await reader.next(limits, through: border)
  }

  /// Sends the messages of a batch, and a ping that asks whether they were received; returns false if
  /// the consumer is gone.
  private func send(_ batch: EventBatch, _ stream: inout Course) async throws(SourceError) -> Bool {
    var frames = ByteBuffer()
    frames.reserveCapacity(batch.byteCount + 1024)
    try await write(batch, into: &frames, &stream)
    stream.last = batch.last
    stream.start = .after(batch.last)
    let largest = stream.writer.frames.takeLargest()
    let number = ledger.withLock { [now = clock.now] ledger in
      ledger.update(id) { consumer in
        consumer.sends(batch, largest: largest)
        return consumer.ping(at: now)
      }
    }
    guard let number else { return false }
    frames.writePing(number)
    return await send(frames, &stream)
  }

  /// The log changed, and nothing follows what was sent: it may have lost that, or be another log.
  private func confirm(_ stream: inout Course) async throws(SourceError) {
    guard case .after(let last) = stream.start else { return }
    let match = try await source.status(of: last).match
    guard match.isDivergence else {
      stream.missingSince = nil
      return
    }
    let since = stream.missingSince ?? clock.now
    stream.missingSince = since
    guard clock.now - since >= timing.missingMax else { return }
    throw SourceError(
      .diverged(last),
      "the node's log no longer has the event \(last): it lost its end, or began anew; connect again"
    )
  }

  /// If ids are missing, the log says whether the events between were lost.
  private func checkNeighbour(_ batch: EventBatch, _ stream: Course) async throws(SourceError) {
    guard let last = stream.last, batch.first.eventId &- last.eventId > 1 else { return }
    if case .gap(let ids) = try await source.status(of: last).match {
      throw SourceError(
        .gap(ids), "the events \(ids.lowerBound) through \(ids.upperBound) are in no log any more")
    }
  }

  private func write(
    _ batch: EventBatch, into frames: inout ByteBuffer, _ stream: inout Course
  ) async throws(SourceError) {
    for entry in batch.entries {
      let isSelected = selection.selects(entry.position)
      // The snapshot of a request is needed later, whether or not requests are selected.
      guard isSelected || entry.position.tag == ServerOutput.snapshotRequested else { continue }
      let isHistory = !stream.isGreeted
      let outcome = stream.writer.write(entry, of: batch, isHistory: isHistory, into: &frames)
      if outcome == .needsRequested {
        stream.writer.requested = try await RequestedSnapshot.requested(
          before: entry.position, in: source)
        _ = stream.writer.write(entry, of: batch, isHistory: isHistory, into: &frames)
      }
    }
  }

  /// Sends, and waits while the consumer has too much untaken; returns false if it is gone.
  private func send(_ frames: ByteBuffer, _ stream: inout Course) async -> Bool {
    let count = frames.readableBytes
    ledger.update(id) { consumer, now in consumer.queued(count, at: now) }
    let sent = connection.send(frames)
    sent.whenSuccess { [ledger, id] in
      ledger.update(id) { consumer, now in consumer.took(count, at: now) }
    }
    stream.unsent.append(sent)
    guard stream.unsent.count >= timing.unsentBatchesMax else { return true }
    return (try? await stream.unsent.removeFirst().get()) != nil
  }

  /// Waits until the log may have changed since `token`, which was taken before the read, or that time
  /// has passed.
  private func wait(past token: ChangeToken?, atMost longest: Duration?) async {
    let end = longest.map { clock.now + $0 }
    repeat {
      await clock.sleep(for: timing.interval)
    } while await watch.recent() == token && end.map({ clock.now < $0 }) ?? true
      && connection.isOpen && !Task.isCancelled
  }

  // MARK: - Signs of life

  /// Pings an idle consumer, and drops one that is silent for too long.
  private func attend() async {
    while connection.isOpen, !Task.isCancelled {
      await clock.sleep(for: min(timing.pingEach, .seconds(5)))
      let now = clock.now
      var number: UInt64?
      var isLost = false
      ledger.withLock { ledger in
        ledger.update(id) { consumer in
          if let silence = consumer.silence(at: now) {
            isLost = silence >= timing.dropAfter
          } else if now - consumer.lastSignAt >= timing.pingEach {
            number = consumer.ping(at: now)
          }
        }
      }
      if isLost { return connection.drop() }
      if let number {
        var frame = ByteBuffer()
        frame.writePing(number)
        _ = connection.send(frame)
      }
    }
  }
}
