public import EventPersistence

/// A sink whose driver dies at a chosen point: after it, nothing reaches the sink.
///
/// `whenCrashing` runs at that point: there a test saves the state folder as a crash would leave
/// it, before the driver notices.
public actor CrashingSink: EventSink {
  /// Where a driver dies, as seen from the sink.
  public enum FaultPoint: Sendable, Hashable {
    /// Before the n-th `put` (from 0) stores anything.
    case before(put: Int)
    /// After the n-th `put`, before the driver knows.
    case behind(put: Int)
  }

  public nonisolated let description: SinkDescription
  /// The last event that the sink received and stored.
  public private(set) var stored: Position?
  private let sink: any EventSink
  private let fault: FaultPoint
  private let whenCrashing: @Sendable (_ stored: Position?) async -> Void
  private var putCount = 0
  private var hasCrashed = false

  public init(
    _ sink: any EventSink, at fault: FaultPoint, limits: BatchLimits = BatchLimits(events: 4),
    whenCrashing: @escaping @Sendable (_ stored: Position?) async -> Void
  ) {
    var description = sink.description
    description.batching.limits = limits
    self.description = description
    self.sink = sink
    self.fault = fault
    self.whenCrashing = whenCrashing
  }

  private static let crash = SinkError(.stop, code: "crash", "the driver died here")

  public func open() async throws(SinkError) -> Holdings {
    if hasCrashed { throw Self.crash }
    return try await sink.open()
  }

  public func put(_ batch: EventBatch) async throws(SinkError) {
    if hasCrashed { throw Self.crash }
    if fault == .before(put: putCount) { try await crash() }
    // A batch of which nothing is stored, and that is put again, counts as the same one.
    var failure: SinkError?
    do throws(SinkError) {
      try await sink.put(batch)
      stored = batch.last
    } catch {
      guard let part = error.stored else { throw error }
      stored = part
      failure = error
    }
    putCount += 1
    if fault == .behind(put: putCount - 1) { try await crash() }
    if let failure { throw failure }
  }

  public func batchStart(of position: Position) async throws(SinkError) -> Position? {
    if hasCrashed { throw Self.crash }
    return try await sink.batchStart(of: position)
  }

  public func position(before id: UInt64) async throws(SinkError) -> Position? {
    if hasCrashed { throw Self.crash }
    return try await sink.position(before: id)
  }

  public func supersede(after position: Position?) async throws(SinkError) {
    if hasCrashed { throw Self.crash }
    try await sink.supersede(after: position)
  }

  public func willDeliverAgain(after position: Position?) async {
    if !hasCrashed { await sink.willDeliverAgain(after: position) }
  }

  public func rest() async throws(SinkError) {
    if hasCrashed { throw Self.crash }
    try await sink.rest()
  }

  public func takeNotes() async -> [String] { hasCrashed ? [] : await sink.takeNotes() }

  public func close() async {
    if !hasCrashed { await sink.close() }
  }

  private func crash() async throws(SinkError) {
    hasCrashed = true
    await whenCrashing(stored)
    throw Self.crash
  }
}
