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
    /// The most bytes that the server and the stream take, headers included.
    let sizeMax: Int
    var end: StreamEnd
    /// Answers that the connection was asked for.
    var asked: UInt64 = 0
  }

  /// A batch, or the part of it that the stream takes, on its way.
  private struct Passage {
    let batch: EventBatch
    let entries: ArraySlice<EventBatch.Entry>
    var window: PublishWindow
    var writer: MessageWriter
    /// The stream's end once all that is published is stored.
    var end: StreamEnd
    var fold: HeadFold?
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
    session = Session(
      connection: connection, state: state,
      sizeMax: min(connection.payloadMax, state.messageSizeMax ?? .max), end: end)
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
    do throws(SinkError) {
      try publish(batch, asksEach: false)
    } catch {
      guard error.code == SinkError.overtakenCode else { throw error }
      // The first message that failed may have asked for no answer. Now each of them asks, and the
      // first failure says what is wrong.
      _ = try await open()
      try publish(batch, asksEach: true)
    }
  }

  private func publish(_ batch: EventBatch, asksEach: Bool) throws(SinkError) {
    guard let session else { throw Self.notOpen }
    let heldCount = session.end.heldCount(of: batch.entries)
    let entries = batch.entries.dropFirst(heldCount)
    try checkBeginning(batch, session.end)
    guard !entries.isEmpty else { return }
    let taken = entries.prefix { options.oversize == .skipBody || !isOversize($0, session) }
    var passage = Passage(
      batch: batch, entries: taken,
      window: PublishWindow(base: session.end.sequence, count: taken.count, asksEach: asksEach),
      writer: MessageWriter(options, revision: session.end.revision, session.end.keptThrough),
      end: session.end,
      fold: options.subject.namesHead ? HeadFold(head: HydraHead(id: session.end.head)) : nil)
    do throws(SinkError) {
      defer { publishedCount += passage.window.stored }
      try run(&passage, session)
      if taken.count < entries.count { throw tooLarge(entries[taken.endIndex], session) }
    } catch {
      var failure = error
      let storedCount = heldCount + passage.window.stored
      if storedCount > 0 {
        failure.stored = batch.entries[batch.entries.startIndex + storedCount - 1].position
      }
      // What was published and not answered may still be stored: only the stream's end tells.
      if failure.remedy != .again { self.session = nil }
      throw failure
    }
  }

  /// Publishes until all is stored, something fails, or a turn is over and all is answered.
  private func run(_ passage: inout Passage, _ session: Session) throws(SinkError) {
    let clock = ContinuousClock()
    let start = clock.now
    var lastAnswer = start
    while !passage.window.isStored || !passage.window.isAnswered {
      if clock.now - start <= Self.turn {
        try hand(&passage, session)
      } else if passage.window.isAnswered {
        break
      }
      let answers = passage.window.answers
      let tally = session.connection.tally(
        beyond: session.asked + UInt64(answers + passage.window.answersAwaited - 1),
        within: Self.look)
      passage.window.take(
        answers: Int(tally.answered - session.asked), storedThrough: tally.storedThrough)
      if passage.window.answers > answers { lastAnswer = clock.now }
      if tally.hasFailed { throw session.connection.failure(tally) }
      if clock.now - lastAnswer > options.timeout {
        throw .failed(NATSStatus.timeout, 0, "", options)
      }
      if Task.isCancelled {
        throw SinkError(.retry, code: "cancelled", "The delivery was ended.")
      }
    }
    self.session!.end = passage.end
    self.session!.asked += UInt64(passage.window.asked)
    guard passage.window.isStored else {
      throw SinkError(.again, code: "publishing", "The batch is being published.")
    }
  }

  /// Hands messages to the client, as many as the window has room for. The last one asks for an answer.
  private func hand(_ passage: inout Passage, _ session: Session) throws(SinkError) {
    let entries = passage.entries
    while passage.window.published < entries.count {
      let index = entries.startIndex + passage.window.published
      let entry = entries[index]
      guard passage.window.next(bytes: entry.length) != nil else { return }
      let following = index + 1 < entries.endIndex ? entries[index + 1].length : nil
      passage.batch.withBytes(of: entry) { passage.fold?.takeHead(entry.position.tag, $0) }
      passage.end.head = passage.fold?.id
      let withoutBody = isOversize(entry, session)
      if withoutBody {
        skippedBodies += 1
        note("published event \(entry.position) without its body: \(entry.length) bytes")
      }
      let asks = passage.window.publish(bytes: entry.length, following: following)
      try passage.writer.hand(
        entry, of: passage.batch, expecting: passage.end.sequence,
        ordinal: passage.end.ordinal(of: entry.position), head: passage.end.head,
        withoutBody: withoutBody, asks: asks, to: session.connection)
      passage.end.extend(by: entry.position)
    }
  }

  private func isOversize(_ entry: EventBatch.Entry, _ session: Session) -> Bool {
    entry.length + MessageWriter.headersBytesMax > session.sizeMax
  }

  private func tooLarge(_ entry: EventBatch.Entry, _ session: Session) -> SinkError {
    let max = session.sizeMax
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
    let tally = session.connection.tally(beyond: session.asked, within: .zero)
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
