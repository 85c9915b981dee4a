internal import EventPersistence

/// The snapshot of the last `SnapshotRequested`, for a `SnapshotConfirmed` that carries none.
enum RequestedSnapshot: Sendable {
  /// The stream began after the request, if there was one: look in the log.
  case unknown
  /// None was requested since the last one was confirmed.
  case none
  /// The whole event, in a buffer of its own.
  case event(EventBuffer)

  /// Keeps a copy of the event with the padding that slicing it needs.
  init(event bytes: UnsafeRawBufferPointer) {
    self = .event(EventBuffer(joining: [bytes]))
  }

  /// The snapshot requested before `position`. Reads the log backwards, further each time, to the
  /// last `SnapshotRequested` or `SnapshotConfirmed`.
  static func requested(
    before position: Position, in source: any EventSource
  ) async throws(SourceError) -> RequestedSnapshot {
    var back: UInt64 = 256
    while true {
      let from = position.eventId > back ? position.eventId - back : 0
      var found: RequestedSnapshot?
      let reader = source.reader(from: .id(from))
      let limits = BatchLimits(events: 1000, bytes: 256 << 10)
      reading: while let batch = try await reader.next(limits, through: nil) {
        for entry in batch.entries {
          let isPast =
            entry.position.eventId > position.eventId || entry.position.agrees(with: position)
          if isPast { break reading }
          switch entry.position.tag {
          case ServerOutput.snapshotRequested?:
            found = batch.withBytes(of: entry) { RequestedSnapshot(event: $0) }
          case ServerOutput.snapshotConfirmed?: found = RequestedSnapshot.none
          default: break
          }
        }
      }
      if let found { return found }
      if from == 0 { return .none }
      back *= 8
    }
  }
}
