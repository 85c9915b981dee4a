internal import EventArchive
import EventPersistence
import Foundation

/// Passes the events of an archive to a log: checks that each can follow the one before, and finds
/// where the node rotated.
struct RestorePass {
  private let log: any RestoredLog
  private let manifest: ArchiveManifest
  private let takesCBOR: Bool
  private var events: UInt64 = 0
  private var rotations = 0
  private var last: Position?
  private var chain = ChainFold()
  /// The last event that was added: it is written once the next one is known.
  private var held: Held?

  private struct Held {
    var batch: EventBatch
    var entry: EventBatch.Entry
    var isFromCBOR: Bool
  }

  /// - Parameter takesCBOR: whether `log` takes events that were archived from a CBOR log.
  init(log: any RestoredLog, manifest: ArchiveManifest, takesCBOR: Bool) {
    self.log = log
    self.manifest = manifest
    self.takesCBOR = takesCBOR
  }

  mutating func add(_ batch: EventBatch) throws(RestoreError) {
    for entry in batch.entries {
      try check(entry.position)
      let isFromCBOR = entry.isDerived || batch.withBytes(of: entry, Self.isMadeFromCBOR)
      guard takesCBOR || !isFromCBOR else { throw Self.needsCBOR(entry.position.eventId) }
      if let held { try write(held, before: entry.position) }
      held = Held(batch: batch, entry: entry, isFromCBOR: isFromCBOR)
    }
  }

  mutating func finish(through: UInt64?) throws(RestoreError) -> Restoration.Result {
    if let held { try write(held, before: nil) }
    held = nil
    guard let last else {
      throw RestoreError(.refused, "The archive holds no event: there is nothing to restore.")
    }
    if let through, last.eventId != through {
      throw RestoreError(
        .refused, "The archive ends with the event \(last.eventId), before \(through).")
    }
    try log.finish()
    return Restoration.Result(
      events: events, last: last, format: .state, rotations: rotations, chainPoint: chain.point)
  }

  // MARK: - One event

  private func check(_ position: Position) throws(RestoreError) {
    let id = position.eventId
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
  }

  private static func needsCBOR(_ id: UInt64) -> RestoreError {
    let before =
      id == 0 ? "" : ", or restore the events before it (--through \(id - 1))"
    return RestoreError(
      .refused,
      "The event \(id) was archived from a CBOR log: its JSON is not what the node stored, and a "
        + "node cannot read it. Use --format sqlite-cbor\(before).")
  }

  private mutating func write(_ held: Held, before next: Position?) throws(RestoreError) {
    let (batch, entry) = (held.batch, held.entry)
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
    try log.append(stored(bytes, position), of: position, isFromCBOR: held.isFromCBOR)
    batch.withBytes(of: entry) { chain.take(position, $0) }
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

  /// Whether the JSON of an event was made from CBOR, if it shows that: it has a ledger value
  /// `{"cborHex":"…"}`, without the `description` and `type` of the node's JSON, or bytes that were
  /// not decoded, or its row.
  static func isMadeFromCBOR(_ json: UnsafeRawBufferPointer) -> Bool {
    let key = Array("{\"cborHex\":\"".utf8)
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
      if Self.others.contains(where: { rest.starts(with: $0.utf8) }) { return true }
      if rest.starts(with: Self.transactionId.utf8) {
        let id = UnsafeRawBufferPointer(rebasing: rest.dropFirst(Self.transactionId.utf8.count))
        guard let close = id.firstIndex(of: 0x22) else { return false }
        rest = UnsafeRawBufferPointer(rebasing: id.dropFirst(close + 1))
      }
      if rest.first == 0x7D { return true }
      at = UnsafeRawPointer(quote)
    }
    return false
  }

  /// The members after bytes that were not decoded, and after an event's row.
  private static let others = [",\"from\":", ",\"eventId\":"]
  private static let transactionId = ",\"txId\":\""
}
