package import EventPersistence

/// The transactions of one Hydra Head and what it paid out at its end, from one event after the
/// other.
///
/// A transaction comes out once a snapshot confirms it, with the number of that snapshot. Those that
/// wait for one are kept: at most `pendingMax`, and `pendingBytesMax` of their CBOR in hex. Beyond
/// that the oldest come out unconfirmed, and again with the snapshot that confirms them after all.
/// Nothing else is kept, however long the head lives.
package struct HeadReport: Sendable {
  package struct Transaction: Sendable, Hashable {
    package var txId: String
    /// The event that applied it; nil if that is not among the events.
    package var eventId: UInt64?
    package var time: EventTime?
    /// That confirmed it; nil if none did.
    package var snapshot: UInt64?
    package var cborHex: String?
  }

  /// What the head paid out on the chain, in one transaction of it.
  package struct Fanout: Sendable, Hashable {
    package var eventId: UInt64
    package var time: EventTime?
    /// Whether nothing is left in the head after it.
    package var isLast: Bool
    /// JSON as stored: outputs by their reference, or `{"cborHex":…}` from a CBOR log.
    package var utxo: String?
  }

  package enum Line: Sendable, Hashable {
    case transaction(Transaction)
    case fanout(Fanout)
  }

  /// The tags that it needs.
  package static let tags: Set<String> = [
    "HeadInitialized", "HeadOpened", "HeadAborted", "TransactionAppliedToLocalUTxO",
    "SnapshotRequested", "SnapshotConfirmed", "HeadClosed", "HeadContested", "HeadFannedOut",
    "HeadPartialFannedOut",
  ]

  package static let pendingMax = 100_000
  package static let pendingBytesMax = 64 << 20

  /// What a user named: an id, or its beginning.
  private let wanted: String
  /// The head's whole id, once an event named it.
  package private(set) var headId: String?
  /// Heads that are not the wanted one, the first few.
  package private(set) var others: [String] = []
  /// A second head whose id begins as wanted.
  package private(set) var ambiguous: String?

  package private(set) var openedAt: Position?
  package private(set) var closedAt: Position?
  package private(set) var endedAt: Position?
  package private(set) var isAborted = false
  package private(set) var snapshotNumber: UInt64?
  package private(set) var confirmed: UInt64 = 0
  package private(set) var unconfirmed: UInt64 = 0

  private var pending: [String: Transaction] = [:]
  private var pendingBytes = 0
  /// Of the last `SnapshotRequested`: a confirmation may leave out its snapshot.
  private var requested: Snapshot?

  private struct Snapshot {
    var number: UInt64
    var transactions: [Transaction]
  }

  /// - Parameter wanted: a head's id, or its beginning.
  package init(_ wanted: String) { self.wanted = wanted.lowercased() }

  /// The lines of the next event, whose whole JSON is `json`.
  package mutating func take(_ position: Position, _ json: UnsafeRawBufferPointer) -> [Line] {
    guard let tag = position.tag, Self.tags.contains(tag) else { return [] }
    var lines: [Line] = []
    ChangeFields.read(json) { lines = take(tag, position, $0, json) }
    return lines
  }

  /// Those that no snapshot has confirmed, at the end of the events.
  package mutating func finish() -> [Line] { release(pending.count) }

  private mutating func take(
    _ tag: String, _ position: Position, _ fields: ChangeFields, _ json: UnsafeRawBufferPointer
  ) -> [Line] {
    guard isOfHead(fields) else { return [] }
    switch tag {
    case "HeadInitialized", "HeadOpened": openedAt = openedAt ?? position
    case "HeadClosed": closedAt = closedAt ?? position
    case "TransactionAppliedToLocalUTxO":
      if let transaction = Self.transaction(fields, ["tx", "transaction"]) {
        return wait(transaction, position)
      }
    case "SnapshotRequested":
      requested =
        Self.snapshot(fields, "requestedSnapshot") ?? Self.snapshot(fields, "snapshot")
    case "SnapshotConfirmed":
      defer { requested = nil }
      return (Self.snapshot(fields, "snapshot") ?? requested).map { confirm($0) } ?? []
    case "HeadAborted", "HeadFannedOut", "HeadPartialFannedOut":
      let isLast = tag != "HeadPartialFannedOut"
      if isLast { endedAt = position }
      isAborted = tag == "HeadAborted"
      let keys: [StaticString] = ["finalizedOutputs", "distributedOutputs", "utxo"]
      return [
        .fanout(
          Fanout(
            eventId: position.eventId, time: position.time, isLast: isLast,
            utxo: Self.raw(keys, of: json)))
      ]
    default: break
    }
    return []
  }

  private mutating func isOfHead(_ fields: ChangeFields) -> Bool {
    let places = ["headId", "requestedSnapshot/headId", "snapshot/headId"]
    guard let id = places.lazy.compactMap({ fields.text($0) }).first else { return false }
    if id == headId { return true }
    guard id.hasPrefix(wanted) else {
      if others.count < 8, !others.contains(id) { others.append(id) }
      return false
    }
    if headId != nil { ambiguous = id } else { headId = id }
    return headId == id
  }

  // MARK: - Transactions

  private mutating func wait(_ transaction: Transaction, _ position: Position) -> [Line] {
    guard pending[transaction.txId] == nil else { return [] }
    var transaction = transaction
    transaction.eventId = position.eventId
    transaction.time = position.time
    pendingBytes += transaction.cborHex?.utf8.count ?? 0
    pending[transaction.txId] = transaction
    guard pending.count > Self.pendingMax || pendingBytes > Self.pendingBytesMax else { return [] }
    return release(pending.count / 2 + 1)
  }

  private mutating func confirm(_ snapshot: Snapshot) -> [Line] {
    snapshotNumber = snapshot.number
    confirmed += UInt64(snapshot.transactions.count)
    return snapshot.transactions.map { held in
      // An event before the first that is left, or of a state that was loaded, may have applied it.
      var transaction = pending.removeValue(forKey: held.txId) ?? held
      if transaction.eventId != nil { pendingBytes -= transaction.cborHex?.utf8.count ?? 0 }
      transaction.snapshot = snapshot.number
      return .transaction(transaction)
    }
  }

  /// The oldest `count` of those that wait.
  private mutating func release(_ count: Int) -> [Line] {
    let oldest = pending.values.sorted { ($0.eventId ?? 0) < ($1.eventId ?? 0) }.prefix(count)
    for transaction in oldest {
      pending[transaction.txId] = nil
      pendingBytes -= transaction.cborHex?.utf8.count ?? 0
    }
    unconfirmed += UInt64(oldest.count)
    return oldest.map { .transaction($0) }
  }

  // MARK: - Reading

  private static func transaction(_ fields: ChangeFields, _ places: [String]) -> Transaction? {
    for place in places {
      guard let id = fields.text("\(place)/txId") ?? fields.text("\(place)/id") else { continue }
      return Transaction(txId: id, cborHex: fields.text("\(place)/cborHex"))
    }
    return nil
  }

  private static func snapshot(_ fields: ChangeFields, _ place: String) -> Snapshot? {
    guard let number = fields.number("\(place)/number") else { return nil }
    let lists = ["\(place)/confirmed", "\(place)/confirmedTransactions"]
    let list = lists.first { fields.count($0) != nil } ?? lists[0]
    let transactions = (0..<(fields.count(list) ?? 0)).compactMap { index in
      transaction(fields, ["\(list)/\(index)"])
        ?? fields.text("\(list)/\(index)").map { Transaction(txId: $0) }
    }
    return Snapshot(number: number, transactions: transactions)
  }

  /// The value of the first of `keys` that `stateChanged` has, as stored.
  private static func raw(_ keys: [StaticString], of json: UnsafeRawBufferPointer) -> String? {
    var found: Range<Int>?
    var walk = JSONWalk(json)
    _ = walk.object { walk, key in
      guard walk.text(key, is: "stateChanged"), walk.isAtObject else { return walk.skip() }
      return walk.object { walk, key in
        guard found == nil, keys.contains(where: { walk.text(key, is: $0) }) else {
          return walk.skip()
        }
        found = walk.value()
        return found != nil
      }
    }
    return found.map { String(decoding: json[$0], as: UTF8.self) }
  }
}
