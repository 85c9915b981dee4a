import EventPersistence
import Foundation

/// One object for each event, as the example sink of hydra-node writes them.
extension S3Sink {
  /// How many events are stored at once.
  private static let atOnceMax = 8
  /// How long a `put` takes before it reports what is stored so far.
  private static let reportsEach = Duration.milliseconds(250)

  func putEach(of batch: EventBatch) async throws(SinkError) {
    // Of two events with one id the later is kept: the earlier one need not be sent.
    let entries = batch.entries.reduce(into: [EventBatch.Entry]()) { entries, entry in
      if entries.last?.position.eventId == entry.position.eventId { entries.removeLast() }
      entries.append(entry)
    }
    try await noteOrigin(of: entries)
    let start = ContinuousClock.now
    let (storedCount, failure) = await withTaskGroup(
      of: (index: Int, Result<Stored, SinkError>).self
    ) { group in
      var error: SinkError?
      var begun = 0
      var unstored: Set<Int> = []
      func add() {
        guard begun < entries.count else { return }
        let (index, entry) = (begun, entries[begun])
        begun += 1
        unstored.insert(index)
        group.addTask { [bucket] in
          let bytes = batch.withBytes(of: entry) { [UInt8]($0) }
          do throws(SinkError) {
            return (index, .success(try await bucket.store(bytes, of: entry)))
          } catch {
            return (index, .failure(error))
          }
        }
      }
      for _ in 0..<Self.atOnceMax { add() }
      for await (index, result) in group {
        switch result {
        case .success(let stored):
          unstored.remove(index)
          if let note = stored.note { self.note(note) }
          if stored.byteCount > 0 { counted(stored.key, stored.byteCount) }
          if error == nil, ContinuousClock.now - start < Self.reportsEach { add() }
        case .failure(let failure): error = error ?? failure
        }
      }
      return (unstored.min() ?? begun, error)
    }
    if storedCount == entries.count { return }
    var error = failure ?? SinkError(.again, code: "under way", "More objects are to be stored.")
    if storedCount > 0 { error.stored = entries[storedCount - 1].position }
    throw error
  }

  /// Notes which events are not as the node stored them, unless they are held as it did.
  private func noteOrigin(of entries: [EventBatch.Entry]) async throws(SinkError) {
    try await note(entries.filter { !$0.isDerived })
    // The first one covers all after it.
    for entry in entries where entry.isDerived && isNews([entry]) {
      if try await !bucket.holdsJSON(of: entry) { return try await note([entry]) }
    }
  }

  struct Stored: Sendable {
    var key: String
    /// The bytes sent: 0 if it was held already.
    var byteCount = 0
    var note: String?
  }
}

extension S3Bucket {
  /// Whether the event is held in the node's own form, which outranks a derived one.
  fileprivate func holdsJSON(of entry: EventBatch.Entry) async throws(SinkError) -> Bool {
    guard let held = try await client.getIfPresent(place.event(entry.position.eventId)) else {
      return false
    }
    return Self.isJSON(held, of: entry.position)
  }

  private static func isJSON(_ held: [UInt8], of position: Position) -> Bool {
    let found = held.withUnsafeBytes { Position(json: $0) }
    return found?.agrees(with: position) == true && isJSON(held)
  }

  private static func isJSON(_ held: [UInt8]) -> Bool {
    (try? JSONSerialization.jsonObject(with: Data(held))) != nil
  }

  /// Stores an event, after checking what its key holds: the same is not sent again, the node's own
  /// JSON stays if the event comes in another form, another event of the same id is replaced, and
  /// anything else is set aside.
  fileprivate func store(
    _ bytes: [UInt8], of entry: EventBatch.Entry
  ) async throws(SinkError) -> S3Sink.Stored {
    let key = place.event(entry.position.eventId)
    let payload = Payload(bytes)
    var stored = S3Sink.Stored(key: key)
    do throws(SinkError) {
      try await client.put(payload, key: key, contentType: "application/json", ifAbsent: true)
      stored.byteCount = bytes.count
      return stored
    } catch {
      guard error.code == "PreconditionFailed" || error.code == "NotImplemented" else {
        throw error
      }
    }
    if let held = try await client.getIfPresent(key) {
      if held == bytes { return stored }
      if entry.isDerived, Self.isJSON(held, of: entry.position) { return stored }
      let position = held.withUnsafeBytes { Position(json: $0) }
      let sharesId =
        position.map { $0.eventId == entry.position.eventId && !$0.agrees(with: entry.position) }
        ?? false
      if !(sharesId && Self.isJSON(held)), let aside = try await setAside(key, removes: false) {
        stored.note =
          "set aside \(key), which differs from the log: it is \(aside) now"
      }
    }
    try await client.put(payload, key: key, contentType: "application/json")
    stored.byteCount = bytes.count
    return stored
  }
}
