internal import CardanoLedger
internal import EventPersistence
internal import NIOCore

/// Writes events as messages, each with the server output of one event.
struct FrameWriter {
  /// Bytes in a log's buffer or in the program: nothing is copied until the frame is written.
  typealias Piece = UnsafeRawBufferPointer

  /// The snapshot requested and not confirmed yet, as of the last event that was written.
  var requested: RequestedSnapshot
  private let choice: OutputChoice
  var frames: MessageFrames
  private var pieces: [Piece] = []

  init(
    requested: RequestedSnapshot, _ choice: OutputChoice = OutputChoice(),
    frames: MessageFrames = MessageFrames()
  ) {
    self.requested = requested
    self.choice = choice
    self.frames = frames
  }

  enum Outcome: Equatable {
    case written
    /// The event has no output, none of its own, or none that the consumer wants.
    case none
    /// The event needs a snapshot that was requested before this stream began: set `requested`, and write
    /// the same event again.
    case needsRequested
  }

  /// Writes the output of one event of `batch`.
  ///
  /// - Parameter isHistory: whether it was in the log when the consumer connected.
  mutating func write(
    _ entry: EventBatch.Entry, of batch: EventBatch, isHistory: Bool, into buffer: inout ByteBuffer
  ) -> Outcome {
    guard let tag = entry.position.tag else { return .none }
    if tag == ServerOutput.snapshotRequested {
      batch.withBytes(of: entry) { requested = RequestedSnapshot(event: $0) }
      return .none
    }
    guard let output = ServerOutput.of(tag: tag), isHistory || !output.isHistoryOnly else {
      return .none
    }
    return batch.withBytes(of: entry) { event in
      EventSlicer.withSlices(of: event, inner: output.inner) { slices in
        write(output, slices, into: &buffer)
      } ?? .none
    }
  }

  private mutating func write(
    _ output: ServerOutput, _ slices: EventSlices, into buffer: inout ByteBuffer
  ) -> Outcome {
    pieces.removeAll(keepingCapacity: true)
    add(#"{"tag":""#)
    add(output.tag)
    add(#"""#)
    member("seq", slices.value("eventId", .event))
    member("timestamp", slices.value("time", .event))
    for field in output.fields { member(field.name, Self.value(of: field, slices)) }
    switch output.form {
    case .fields: break
    case .transaction:
      guard isWanted(slices.value("cborHex", .inner)) else { return .none }
      addTransaction(slices)
    case .invalid:
      guard choice.address == nil || isWanted(Self.cborHex(of: slices.value("transaction"))) else {
        return .none
      }
    case .snapshot: return writeSnapshot(slices, into: &buffer)
    }
    add("}")
    writeFrame(into: &buffer)
    return .written
  }

  private static func value(of field: ServerOutput.Field, _ slices: EventSlices) -> Piece? {
    let value = field.sources.lazy.compactMap { slices.value($0.key, $0.level) }.first
    guard let value, !field.words.isEmpty else { return value ?? field.absent.map(piece) }
    return field.words.first { value.equals($0.event) }.map { piece($0.output) }
  }

  private mutating func addTransaction(_ slices: EventSlices) {
    add(#","transaction":{"#)
    var isFirst = true
    for key: StaticString in ["cborHex", "txId", "type"] {
      guard let value = slices.value(key, .inner) else { continue }
      if !isFirst { add(",") }
      isFirst = false
      add(#"""#)
      add(key)
      add(#"":"#)
      pieces.append(value)
    }
    add("}")
  }

  /// The snapshot of the event, or else that of the last request, which is cleared either way.
  private mutating func writeSnapshot(
    _ slices: EventSlices, into buffer: inout ByteBuffer
  ) -> Outcome {
    if let snapshot = slices.value("snapshot") {
      requested = .none
      return finish(snapshot, into: &buffer)
    }
    switch requested {
    case .unknown: return .needsRequested
    case .none: return .none
    case .event(let event):
      requested = .none
      return EventSlicer.withSlices(of: event.bytes, inner: nil) { earlier in
        // Up to 2.0 the request calls it `snapshot`.
        guard let snapshot = earlier.value("requestedSnapshot") ?? earlier.value("snapshot")
        else { return .none }
        return finish(snapshot, into: &buffer)
      } ?? .none
    }
  }

  private mutating func finish(_ snapshot: Piece, into buffer: inout ByteBuffer) -> Outcome {
    if choice.address != nil {
      let confirmed = EventSlicer.withSlices(of: snapshot, inner: nil) {
        $0.value("confirmed", .event)
      }
      let transactions =
        (confirmed ?? nil).flatMap { EventSlicer.withSlices(of: $0, inner: nil) { $0.values } }
        ?? []
      guard transactions.contains(where: { isWanted(Self.cborHex(of: $0)) }) else { return .none }
    }
    let less =
      choice.omitsUTxO
      ? EventSlicer.withSlices(of: snapshot, inner: nil) { $0.object(without: "utxo") } : nil
    add(#","snapshot":"#)
    pieces += less ?? [snapshot]
    add("}")
    writeFrame(into: &buffer)
    return .written
  }

  // MARK: - The consumer's address

  private static func cborHex(of transaction: Piece?) -> Piece? {
    transaction.flatMap {
      EventSlicer.withSlices(of: $0, inner: nil) { $0.value("cborHex", .event) } ?? nil
    }
  }

  /// Whether the transaction in this quoted text has an output to the consumer's address; true if it
  /// named none.
  private func isWanted(_ cborHex: Piece?) -> Bool {
    guard let address = choice.address else { return true }
    guard let cborHex, let bytes = HexDigits.bytes(cborHex.dropFirst().dropLast()) else {
      return false
    }
    return TransactionOutputs.pay(address, in: bytes)
  }

  // MARK: - Pieces

  private mutating func member(_ name: StaticString, _ value: Piece?) {
    guard let value else { return }
    add(#",""#)
    add(name)
    add(#"":"#)
    pieces.append(value)
  }

  private mutating func add(_ text: StaticString) { pieces.append(Self.piece(text)) }

  private static func piece(_ text: StaticString) -> Piece {
    Piece(start: text.utf8Start, count: text.utf8CodeUnitCount)
  }

  private mutating func writeFrame(into buffer: inout ByteBuffer) {
    frames.write(pieces, into: &buffer)
  }
}
