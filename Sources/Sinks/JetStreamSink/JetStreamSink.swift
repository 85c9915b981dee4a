internal import CNATS
package import EventPersistence
internal import HydraLog

/// Publishes events into a NATS JetStream stream, each once and in log order.
///
/// A message's body is the event's JSON, its subject a function of node and tag, and its headers name
/// the event. The stream belongs to this sink: each message expects the sequence of the one before
/// it, so that none can be stored where one is missing, whatever servers and drivers do. An event is
/// delivered once the stream has acknowledged it.
///
/// At its start the sink reads which event the stream has last, and goes on behind it. After any
/// failure it begins anew in this way: with another connection, with credentials that are read again.
///
/// The trade-off: one stream holds one node's events. Streams of several nodes are joined by the
/// servers, in a stream that has them as sources. Memory: a batch, and copies of the messages that
/// wait for an answer (`PublishWindow.bytesMax`, or one larger event).
package actor JetStreamSink: EventSink {
  package nonisolated let description: SinkDescription

  private nonisolated let executor = BlockingExecutor(label: "jetstream")
  package nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  private let options: JetStreamOptions
  private var session: Session?
  private var notes: [String] = []
  private var publishedCount = 0
  private var skippedBodies = 0

  /// An open stream.
  private struct Session {
    let connection: JetStreamConnection
    let state: StreamState
    var end: StreamEnd
    /// Messages that were handed to the connection.
    var handed: UInt64 = 0
  }

  /// How long a `put` publishes before it reports what is stored.
  private static let turn = Duration.milliseconds(250)
  /// How often it looks whether it was cancelled.
  private static let look = Duration.milliseconds(50)

  package init(_ options: JetStreamOptions) {
    self.options = options
    description = options.description
  }

  package nonisolated var watchedFiles: [String] { options.files }

  package func newestGeneration() async throws(SinkError) -> Int? {
    let connection = try JetStreamConnection(options)
    guard let state = try connection.streamState(), state.messages > 0 else { return nil }
    return try StreamChain.event(atOrBefore: state.lastSequence, state, connection)?.event
      .generation
  }

  package func open() async throws(SinkError) -> Holdings {
    session = nil
    let connection = try JetStreamConnection(options)
    let state = try stream(connection)
    try check(state)
    let end = try StreamEnd(of: options, in: state, connection)
    session = Session(connection: connection, state: state, end: end)
    return end.isUnknown ? .unknown : .through(end.held.last)
  }

  /// The stream's state; makes the stream if it may.
  private func stream(_ connection: JetStreamConnection) throws(SinkError) -> StreamState {
    if let state = try connection.streamState() { return state }
    guard let creation = options.create else {
      throw .failed(NATSStatus.error, NATSStatus.noStream, "", options)
    }
    let state = try connection.makeStream(creation)
    note(
      "made the \(options.place) for \(options.subject.wildcard(node: options.node)), with "
        + "\(creation.replicas) replica\(creation.replicas == 1 ? "" : "s")")
    return state
  }

  private func check(_ state: StreamState) throws(SinkError) {
    if let problem = JetStreamInspection.problem(with: state, options) { throw problem }
    if state.isClustered, state.leader == nil {
      throw .failed(NATSStatus.noResponders, 0, "", options)
    }
  }

  // MARK: - Storing

  package func put(_ batch: EventBatch) async throws(SinkError) {
    guard let session else { throw Self.notOpen }
    let entries = batch.entries.dropFirst(session.end.heldCount(of: batch.entries))
    try checkBeginning(batch, session.end)
    guard !entries.isEmpty else { return }
    do throws(SinkError) {
      try publish(batch, entries)
    } catch {
      // What was published and not answered may still be stored: only the stream's end tells.
      if error.remedy != .again { self.session = nil }
      throw error
    }
  }

  private func publish(
    _ batch: EventBatch, _ entries: ArraySlice<EventBatch.Entry>
  ) throws(SinkError) {
    var session = session!
    var window = PublishWindow(base: session.end.sequence, count: entries.count)
    let before = session.handed
    var writer = MessageWriter(options, revision: session.end.revision, session.end.keptThrough)
    let clock = ContinuousClock()
    let start = clock.now
    var lastAnswer = start
    // The end once all that is published is stored.
    var end = session.end
    var fold = options.subject.namesHead ? HeadFold(head: HydraHead(id: end.head)) : nil
    var failure: SinkError?
    while !window.isStored {
      let isOver = failure != nil || clock.now - start > Self.turn
      while !isOver, failure == nil, window.published < window.count {
        let entry = entries[entries.startIndex + window.published]
        guard window.next(bytes: entry.length) != nil else { break }
        batch.withBytes(of: entry) { fold?.takeHead(entry.position.tag, $0) }
        end.head = fold?.id
        do throws(SinkError) {
          try hand(entry, of: batch, end, &writer, session)
        } catch {
          failure = error
          break
        }
        window.publish(bytes: entry.length)
        session.handed += 1
        end.extend(by: entry.position)
      }
      if isOver || failure != nil, window.isAnswered { break }
      let tally = session.connection.tally(
        beyond: before + UInt64(window.answered + window.answersAwaited - 1), within: Self.look)
      let answered = Int(tally.answered - before)
      if answered > window.answered { lastAnswer = clock.now }
      window.take(answered: answered, storedThrough: tally.storedThrough)
      if tally.hasFailed {
        failure = session.connection.failure(tally)
        break
      }
      if clock.now - lastAnswer > options.timeout {
        failure = .failed(NATSStatus.timeout, 0, "", options)
        break
      }
      if Task.isCancelled {
        failure = SinkError(.retry, code: "cancelled", "The delivery was ended.")
        break
      }
    }
    publishedCount += window.stored
    let stored = window.stored > 0 ? entries[entries.startIndex + window.stored - 1].position : nil
    if var failure {
      failure.stored = stored
      throw failure
    }
    session.end = end
    self.session = session
    guard window.isStored else {
      throw SinkError(.again, code: "publishing", "The batch is being published.", stored: stored)
    }
  }

  private func hand(
    _ entry: EventBatch.Entry, of batch: EventBatch, _ end: StreamEnd,
    _ writer: inout MessageWriter,
    _ session: Session
  ) throws(SinkError) {
    let size = entry.length + MessageWriter.headersBytesMax
    let max = min(session.connection.payloadMax, session.state.messageSizeMax ?? .max)
    let isOversize = size > max
    if isOversize {
      guard options.oversize == .skipBody else { throw tooLarge(entry, max, session) }
      skippedBodies += 1
      note("published event \(entry.position) without its body: \(entry.length) bytes")
    }
    try writer.hand(
      entry, of: batch, expecting: end.sequence, ordinal: end.ordinal(of: entry.position),
      head: end.head, withoutBody: isOversize, to: session.connection)
  }

  private func tooLarge(
    _ entry: EventBatch.Entry, _ max: Int, _ session: Session
  ) -> SinkError {
    let isOfServer = max == session.connection.payloadMax
    let needed = entry.length + MessageWriter.headersBytesMax
    return SinkError(
      .stop, code: "oversize",
      "Event \(entry.position) has \(entry.length) bytes, with headers up to \(needed); "
        + (isOfServer
          ? "the server's max_payload is \(max). Set max_payload: \(needed) or more in its "
            + "configuration"
          : "the stream's max_msg_size is \(max). Raise it to \(needed) or more")
        + ", or set oversize: skip-body to publish such events without their bodies.")
  }

  /// A stream cannot take events before its first one.
  private func checkBeginning(_ batch: EventBatch, _ end: StreamEnd) throws(SinkError) {
    guard let beginning = end.beginning, let first = batch.entries.first?.position,
      first.eventId < beginning.eventId
    else { return }
    throw SinkError(
      .stop, code: "begins later",
      "The \(options.place) begins with event \(beginning), and \(first) cannot be stored before it. "
        + "Name a new stream for all events, or move the checkpoint to \(beginning.eventId).")
  }

  // MARK: - What is held

  /// The last event with an id below `id` that counts.
  package func position(before id: UInt64) async throws(SinkError) -> Position? {
    try held(below: id)?.event.position
  }

  private func held(
    below id: UInt64
  ) throws(SinkError) -> (sequence: UInt64, event: StoredMessage.Event)? {
    let connection: JetStreamConnection =
      if let session { session.connection } else { try JetStreamConnection(options) }
    guard let state = try connection.streamState() else { return nil }
    let chain = try StreamChain(of: options.generation, in: state, connection)
    return try chain.last(below: id, state, connection)
  }

  /// What follows `position` in the stream counts no longer. The messages stay: a stream only grows.
  /// The next message says so in its headers.
  package func supersede(after position: Position?) async throws(SinkError) {
    guard var session else { throw Self.notOpen }
    self.session = nil
    let kept: (sequence: UInt64, event: StoredMessage.Event)? =
      if let position { try held(below: position.eventId + 1) } else { nil }
    let superseded = session.end.held.last
    session.end.held = []
    session.end.head = kept?.event.head
    if let kept {
      session.end.held = try StreamEnd.sharing(
        through: kept.sequence, kept.event, session.state, session.connection)
      // Of twins, those through the named one.
      if let position, let index = session.end.held.lastIndex(where: { $0.agrees(with: position) })
      {
        let dropped = session.end.held.count - 1 - index
        session.end.held.removeLast(dropped)
        session.end.keptThrough = kept.sequence - UInt64(dropped)
      } else {
        session.end.keptThrough = kept.sequence
      }
    } else {
      session.end.keptThrough = 0
    }
    session.end.revision += 1
    self.session = session
    note(
      "the events after \(position?.description ?? "the beginning") through "
        + "\(superseded?.description ?? "the end") stay in the \(options.place) and no longer count: "
        + "what follows has \(EventHeader.revision) \(session.end.revision)")
  }

  package func rest() async throws(SinkError) {
    guard let session else { throw Self.notOpen }
    let tally = session.connection.tally(beyond: session.handed, within: .zero)
    if tally.hasFailed {
      self.session = nil
      throw session.connection.failure(tally)
    }
  }

  // MARK: - For people

  private static let notesMax = 100

  private func note(_ text: String) { if notes.count < Self.notesMax { notes.append(text) } }

  package func takeNotes() async -> [String] {
    defer { notes = [] }
    return notes
  }

  package func facts() async -> [String: String] {
    guard let session else { return [:] }
    var facts = [
      "server": session.connection.server,
      "stream": options.stream,
      "subjects": options.subject.wildcard(node: options.node),
      "last sequence": String(session.end.sequence),
      "replicas": String(session.state.replicas),
      "published by this driver": String(publishedCount),
    ]
    if session.end.revision > 1 { facts["revision"] = String(session.end.revision) }
    if skippedBodies > 0 { facts["published without a body"] = String(skippedBodies) }
    return facts
  }

  package func close() async { session = nil }

  private static let notOpen = SinkError(
    .retry, code: "closed", "The stream must be opened (again) before anything is published.")
}
