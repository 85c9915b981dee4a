import Compression
internal import EventArchive
import EventArchive
import EventPersistence

extension S3Bucket {
  /// The last event held with an id below `id`, from the latest day that has one: a few requests if
  /// `id` is near the end, and one more for each later day.
  func position(before id: UInt64) async throws(SinkError) -> Position? {
    guard id > 0 else { return nil }
    var found: Position?
    try await listing.eachDay { day throws(SinkError) in
      let entries = S3Listing.longest(try await listing.batches(day: day))
      for entry in entries.reversed() where entry.name.firstId < id {
        found = try await position(before: id, in: entry)
        if found != nil { return false }
      }
      return true
    }
    return found
  }

  /// The most bytes that a batch unpacks to: a single event can exceed any rule.
  static let batchBytesMax = 1 << 30

  private func position(before id: UInt64, in entry: S3Listing.Entry) async throws(SinkError)
    -> Position?
  {
    if entry.name.lastId < id { return try await lastPosition(of: entry) }
    let lines = try await lines(of: entry, limit: Self.batchBytesMax)
    var last: Position?
    lines.withUnsafeBytes { bytes in
      for line in bytes.split(separator: 0x0A) {
        guard let position = ArchivedLine.position(UnsafeRawBufferPointer(rebasing: line)),
          position.eventId < id
        else { continue }
        last = position
      }
    }
    if let last { return last }
    // None of these events was selected, but the batch began with one.
    let first = PositionHeader.position(try await client.metadata(key(entry))?["first"])
    return first.flatMap { $0.eventId < id ? $0 : nil }
  }

  // MARK: - Setting aside

  /// Moves the batches that hold anything after `position` to `superseded/`; with nil, all. The
  /// part of a batch through `position` stays, as a shorter batch.
  func supersedeBatches(after position: Position?) async throws(SinkError) {
    for entry in try await listing.batches() {
      if let position {
        if entry.name.lastId < position.eventId { continue }
        if entry.name.lastId == position.eventId,
          try await lastPosition(of: entry).agrees(with: position)
        {
          continue
        }
        if try await keep(entry, through: position) == entry.name { continue }
      }
      try await setAside(key(entry))
    }
  }

  /// Stores the part of a batch through `position` as an object of its own. A drive does not always
  /// store it again: the batches' limits follow from the log, and the log has changed.
  ///
  /// - Returns: its name. That is the name of the batch if both end with the same id: then the
  ///   batch was set aside, and this replaced it. Nil if there is nothing to keep.
  private func keep(_ entry: S3Listing.Entry, through position: Position) async throws(SinkError)
    -> BatchName?
  {
    guard entry.name.firstId <= position.eventId else { return nil }
    let held = try await HeldObject(self, day: entry.day, name: entry.name)
    let lines = held.lines(through: position)
    guard held.isReadable || !lines.isEmpty else { return nil }
    var name = entry.name
    name.lastId = position.eventId
    let first = PositionHeader.position(try await client.metadata(key(entry))?["first"])
    if name == entry.name { try await setAside(key(entry), removes: false) }
    let object = BatchObject(
      content: .events, compression: Compression.allCases.first { $0.suffix == name.suffix }!)
    try await client.put(
      object.packed(lines), key: place.key(day: entry.day, name),
      contentType: object.contentType,
      metadata: BatchDescription(first: first, last: position, lineCount: lines.count).metadata)
    return name
  }

  func supersedeEvents(after position: Position?) async throws(SinkError) {
    var keys: [String] = []
    try await listing.each(prefix: place.events) { object in
      if let id = place.eventId(object.key), position.map({ id > $0.eventId }) ?? true {
        keys.append(object.key)
      }
      return true
    }
    for key in keys { try await setAside(key) }
  }
}

/// A line of an object: an event or a transaction.
enum ArchivedLine {
  static let transactionTag = "TransactionAppliedToLocalUTxO"

  /// Nil if it is neither.
  static func position(_ line: UnsafeRawBufferPointer) -> Position? {
    guard var position = Position(json: line) else { return nil }
    // A transaction's line names no tag: all have the same.
    if position.tag == nil, isTransaction(line) { position.tag = transactionTag }
    return position
  }

  private static func isTransaction(_ line: UnsafeRawBufferPointer) -> Bool {
    var walk = JSONWalk(line)
    var isTransaction = false
    _ = walk.object { walk, key in
      if walk.text(key, is: "cborHex") { isTransaction = true }
      return walk.skip()
    }
    return isTransaction
  }
}
