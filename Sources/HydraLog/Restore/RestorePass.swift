internal import EventArchive
import EventPersistence
import Foundation

/// Passes the events of an archive to a log: checks that each can follow the one before, and finds
/// where the node rotated.
struct RestorePass {
  private let log: any RestoredLog
  private let manifest: ArchiveManifest
  private var events: UInt64 = 0
  private var rotations = 0
  private var last: Position?
  /// The last event that was added: it is written once the next one is known.
  private var held: (batch: EventBatch, entry: EventBatch.Entry)?

  init(log: any RestoredLog, manifest: ArchiveManifest) {
    self.log = log
    self.manifest = manifest
  }

  mutating func add(_ batch: EventBatch) throws(RestoreError) {
    for entry in batch.entries {
      try check(entry, in: batch)
      if let held { try write(held.batch, held.entry, before: entry.position) }
      held = (batch, entry)
    }
  }

  mutating func finish(through: UInt64?) throws(RestoreError) -> Restoration.Result {
    if let held { try write(held.batch, held.entry, before: nil) }
    held = nil
    guard let last else {
      throw RestoreError(.refused, "The archive holds no event: there is nothing to restore.")
    }
    if let through, last.eventId != through {
      throw RestoreError(
        .refused, "The archive ends with the event \(last.eventId), before \(through).")
    }
    try log.finish()
    return Restoration.Result(events: events, last: last, rotations: rotations)
  }

  // MARK: - One event

  private func check(_ entry: EventBatch.Entry, in batch: EventBatch) throws(RestoreError) {
    let id = entry.position.eventId
    if let before = held?.entry.position.eventId {
      guard id == before || id == before + 1 else {
        let hole =
          before + 1 == id - 1 ? "the event \(id - 1)" : "the events \(before + 1) to \(id - 1)"
        throw RestoreError(
          .refused,
          "The archive does not hold \(hole): a node cannot start from a log with a hole. "
            + "`hydra-sinks verify NAME` says what is missing, and how to repair it while the log "
            + "exists.")
      }
    } else if id != 0 {
      throw RestoreError(
        .refused,
        "The archive begins with the event \(id), not with 0: a node cannot start from a part of "
          + "its log.")
    }
    let isDerived = entry.isDerived || batch.withBytes(of: entry, Self.holdsBareLedgerValue)
    guard !isDerived else {
      let advice =
        id > 0
        ? "The events before it can be restored (--through \(id - 1))."
        : "No event precedes it: nothing in this archive can be restored."
      throw RestoreError(
        .refused,
        "The event \(id) was archived from a CBOR log: its JSON is not what the node stored, and "
          + "the node cannot read it. \(advice)")
    }
  }

  private mutating func write(
    _ batch: EventBatch, _ entry: EventBatch.Entry, before next: Position?
  ) throws(RestoreError) {
    let position = entry.position
    if position.tag == "Checkpoint", let last {
      // A rotation: its id is that of the event before, or (0.22.0 to 0.22.3) of the event after.
      if last.eventId == position.eventId || next?.eventId == position.eventId {
        try log.rotate(after: last.eventId)
        rotations += 1
      }
    }
    let bytes = UnsafeRawBufferPointer(
      rebasing: batch.buffer.bytes[entry.offset..<entry.offset + entry.length])
    try log.append(stored(bytes, position), of: position)
    events += 1
    last = position
  }

  /// The line as the node stored it: unwraps a bare one, which was wrapped when it was archived.
  private func stored(_ json: UnsafeRawBufferPointer, _ position: Position)
    -> UnsafeRawBufferPointer
  {
    guard let through = manifest.bareThrough, position.eventId <= through else { return json }
    let prefix = "{\"eventId\":\(position.eventId),\"stateChanged\":"
    guard json.starts(with: prefix.utf8), json.last == 0x7D else { return json }
    return UnsafeRawBufferPointer(rebasing: json[prefix.utf8.count..<json.count - 1])
  }

  /// Whether there is a ledger value in the form that comes from a CBOR log: `{"cborHex":"…"}`,
  /// perhaps with a `txId`, without the `description` and `type` of the node's JSON.
  static func holdsBareLedgerValue(_ json: UnsafeRawBufferPointer) -> Bool {
    let key = Array("{\"cborHex\":\"".utf8)
    let txId = Array(",\"txId\":\"".utf8)
    guard var at = json.baseAddress else { return false }
    let end = at + json.count
    while let brace = memchr(at, 0x7B, end - at) {
      let found = UnsafeRawPointer(brace)
      at = found + 1
      guard end - found > key.count, memcmp(found, key, key.count) == 0 else { continue }
      let text = found + key.count
      guard let quote = memchr(text, 0x22, end - text) else { return false }
      var rest = UnsafeRawBufferPointer(
        start: UnsafeRawPointer(quote) + 1, count: end - UnsafeRawPointer(quote) - 1)
      if rest.starts(with: txId) {
        let id = UnsafeRawBufferPointer(rebasing: rest.dropFirst(txId.count))
        guard let close = id.firstIndex(of: 0x22) else { return false }
        rest = UnsafeRawBufferPointer(rebasing: id.dropFirst(close + 1))
      }
      if rest.first == 0x7D { return true }
      at = UnsafeRawPointer(quote)
    }
    return false
  }
}
