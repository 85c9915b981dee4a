internal import CNATS
internal import EventArchive
package import EventPersistence

/// Reads a stream, on a thread of its own because the client's calls block.
package actor JetStreamReader {
  private nonisolated let executor = BlockingExecutor(label: "jetstream reader")
  package nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  private let options: JetStreamOptions
  private var connection: JetStreamConnection?

  package init(_ options: JetStreamOptions) { self.options = options }

  /// About how many bytes an object of the archive has. A stream with larger events than its average
  /// has larger ones.
  private static let objectBytes: UInt64 = 4 << 20
  private static let objectMessages: ClosedRange<UInt64> = 64...8192
  /// How many messages are asked for at once.
  private static let fetchMessages = 256

  /// Whether a drive could begin; publishes nothing.
  package func look() -> JetStreamInspection.Finding { JetStreamInspection.look(options) }

  /// When the stream stored its last message; nil if it has none.
  package func writtenAt() throws(SinkError) -> EventTime? {
    guard let state = try state(), state.messages > 0 else { return nil }
    return try connected().message(state.lastSequence)?.storedAt
  }

  /// Nil if there is no stream.
  func state() throws(SinkError) -> StreamState? { try connected().streamState() }

  func chain() throws(SinkError) -> StreamChain? {
    guard let state = try state(), state.messages > 0 else { return nil }
    return try StreamChain(of: options.generation, in: state, connected())
  }

  func manifest(part: String?) throws(SinkError) -> ArchiveManifest? {
    guard let state = try state(), state.messages > 0 else { return nil }
    let chain = try StreamChain(of: options.generation, in: state, connected())
    guard !chain.runs.isEmpty else { return nil }
    var manifest = ArchiveManifest(schema: 1, part: part)
    let derived = try chain.firstIndex(state, connected()) { $0.form == EventHeader.derived }
    if let event = try event(at: derived, of: chain, state), event.form == EventHeader.derived {
      manifest.derivedFrom = event.position.eventId
    }
    let unwrapped = try chain.firstIndex(state, connected()) { $0.form != EventHeader.wrapped }
    if unwrapped > 0, let event = try event(at: unwrapped - 1, of: chain, state) {
      manifest.bareThrough = event.position.eventId
    }
    return manifest
  }

  private func event(
    at index: UInt64, of chain: StreamChain, _ state: StreamState
  ) throws(SinkError) -> StoredMessage.Event? {
    guard let sequence = chain.sequence(at: index) else { return nil }
    return try StreamChain.event(atOrBefore: sequence, state, connected())?.event
  }

  /// Stretches of the stream, one request for each: the first event names it.
  func objects() throws(SinkError) -> [ArchiveObject] {
    guard let state = try state(), state.messages > 0 else { return [] }
    let chain = try StreamChain(of: options.generation, in: state, connected())
    let average = max(1, state.bytes / state.messages)
    let limits = Self.objectMessages
    let step = min(max(Self.objectBytes / average, limits.lowerBound), limits.upperBound)
    var objects: [ArchiveObject] = []
    for run in chain.runs {
      for start in stride(from: run.lowerBound, through: run.upperBound, by: Int(step)) {
        let end = min(run.upperBound, start + step - 1)
        guard let first = try StreamChain.event(atOrAfter: start, through: end, connected()) else {
          continue
        }
        objects.append(
          ArchiveObject(
            key: "\(BatchName.digits(start))-\(BatchName.digits(end))",
            firstId: first.position.eventId, lastId: nil, ordinal: 0,
            byteCount: (end - start + 1) * average, isOpen: end == chain.last))
      }
    }
    return objects
  }

  /// The bodies of the messages from `first` through `last` as lines; nil if none is left.
  func lines(_ first: UInt64, through last: UInt64) throws(SinkError) -> [UInt8]? {
    let connection = try connected()
    do throws(SinkError) {
      let subscription = try connection.consumer(from: first)
      defer { natsSubscription_Destroy(subscription) }
      var lines: [UInt8] = []
      var next = first
      var isAny = false
      while next <= last {
        let count = Int(min(UInt64(Self.fetchMessages), last - next + 1))
        let read = try connection.fetch(subscription, count) { message, sequence in
          guard sequence <= last else { return }
          isAny = true
          next = sequence + 1
          if StoredMessage.header(EventHeader.bytes, of: message) != nil { return }
          lines += UnsafeRawBufferPointer(
            start: natsMsg_GetData(message), count: Int(natsMsg_GetDataLength(message)))
          lines.append(0x0A)
        }
        if read == 0 { break }
      }
      return isAny ? lines : nil
    } catch {
      self.connection = nil
      throw error
    }
  }

  private func connected() throws(SinkError) -> JetStreamConnection {
    if let connection, !connection.isClosed { return connection }
    let made = try JetStreamConnection(options)
    connection = made
    return made
  }
}

extension StreamChain {
  /// The event of the first message from `sequence` through `end`; nil if none is left.
  static func event(
    atOrAfter sequence: UInt64, through end: UInt64, _ connection: JetStreamConnection
  ) throws(SinkError) -> StoredMessage.Event? {
    for sequence in sequence...end {
      if let message = try connection.message(sequence) {
        guard let event = message.event else { throw notOurs(message, connection.options) }
        return event
      }
    }
    return nil
  }
}
